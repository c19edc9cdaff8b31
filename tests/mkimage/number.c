/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

bool number_scan(const char *text, const char **end, uint64_t *number)
{
    static const char suffixes[] = "KMGT";
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *suffix;
    char *stop;

    if (!isdigit((unsigned char)text[0]) || (hex && !isxdigit((unsigned char)text[2])))
        return false;
    errno = 0;
    *number = strtoull(text, &stop, hex ? 16 : 10);
    *end = stop;
    if (errno)
        return false;
    suffix = *stop && !hex ? strchr(suffixes, *stop) : NULL;
    if (!suffix)
        return true;
    *end = stop + 1;
    return checked_multiply(*number, UINT64_C(1) << (10 * (suffix - suffixes + 1)), number);
}

bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
    const char *end;

    return number_scan(text, &end, number) && !*end && *number >= min && *number <= max;
}
