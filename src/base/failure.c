/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"

__attribute__((format(printf, 3, 0))) static void fill(struct failure *why, int error,
                                                       const char *format, va_list args)
{
    size_t used;

    if (why->text[0])
        return;
    why->error = error;
    vsnprintf(why->text, sizeof(why->text), format, args);
    if (!error)
        return;
    used = strlen(why->text);
    snprintf(why->text + used, sizeof(why->text) - used, ": %s", strerror(error));
}

int failure_set(struct failure *why, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(why, 0, format, args);
    va_end(args);
    return -1;
}

int failure_set_errno(struct failure *why, int error, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(why, error, format, args);
    va_end(args);
    return -1;
}

void failure_prefix(struct failure *why, const char *name)
{
    struct failure inner = *why;
    size_t used;

    quote_into(why->text, QUOTE_SIZE, name);
    used = strlen(why->text);
    snprintf(why->text + used, sizeof(why->text) - used, ": %.*s",
             (int)(sizeof(why->text) - used - 3), inner.text);
}

void failure_clear(struct failure *why)
{
    why->error = 0;
    why->text[0] = '\0';
}
