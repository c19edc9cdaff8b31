/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_FOLDER_H
#define UNIT_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define FOLDER_SIZE 32

/* Makes an empty folder of a test's own. */
static inline void folder_make(char folder[FOLDER_SIZE])
{
    int length = snprintf(folder, FOLDER_SIZE, "/tmp/qedscrub-unit-");

    memset(folder + length, 'X', 6);
    folder[length + 6] = '\0';
    assert_non_null(mkdtemp(folder));
}

#endif
