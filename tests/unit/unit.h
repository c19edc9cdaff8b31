/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/failure.h"
#include "tests/mkimage/prng.h"

/* What the unit tests share. A property is tested with numbers that are the same on every run. */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define EXPECT_OK(call, why)                                                                       \
    do {                                                                                           \
        if (call)                                                                                  \
            fail_msg("%s failed: %s", #call, (why)->text);                                         \
    } while (0)

/* Fails as asked, with a line that holds text; the object is cleared for the next one. */
#define EXPECT_FAILURE(call, why, part)                                                            \
    do {                                                                                           \
        if (!(call))                                                                               \
            fail_msg("%s did not fail", #call);                                                    \
        if (!strstr((why)->text, part))                                                            \
            fail_msg("%s: \"%s\" does not say \"%s\"", #call, (why)->text, part);                  \
        failure_clear(why);                                                                        \
    } while (0)

#endif
