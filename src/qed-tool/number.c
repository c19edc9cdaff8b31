/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"

/* strtoull() would take spaces and signs. */
static bool parse_digits(const char *text, const char **end, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
    size_t count = strspn(digits, allowed);

    if (count == 0)
        return false;
    errno = 0;
    *value = strtoull(digits, NULL, hex ? 16 : 10);
    *end = digits + count;
    return errno == 0;
}

bool number_parse(const char *text, uint64_t *value)
{
    static const char suffixes[] = "kKmMgGtTpPeE";
    const char *end, *suffix;

    if (!parse_digits(text, &end, value))
        return false;
    if (*end == '\0')
        return true;
    suffix = strchr(suffixes, *end);
    if (!suffix || end[1] != '\0')
        return false;
    return checked_multiply(*value, UINT64_C(1) << (10 * ((suffix - suffixes) / 2 + 1)), value);
}

bool number_parse_at(const char *text, uint64_t *l1, bool *has_l2, uint64_t *l2)
{
    const char *end;

    *l2 = 0;
    *has_l2 = false;
    if (!parse_digits(text, &end, l1))
        return false;
    if (*end == '\0')
        return true;
    *has_l2 = true;
    return *end == ':' && parse_digits(end + 1, &end, l2) && *end == '\0';
}
