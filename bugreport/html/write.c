/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/html/write.h"

#include <inttypes.h>
#include <string.h>

#include "bugreport/render/escape.h"

static void put(FILE *out, char byte)
{
    static const char special[] = "&<>\"'";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const char *found = strchr(special, byte);

    if (found)
        fputs(entities[found - special], out);
    else
        fputc(byte, out);
}

void html_text(FILE *out, const char *text)
{
    for (; *text; text++)
        put(out, *text);
}

void html_name(FILE *out, const char *name)
{
    escape_text(out, name, put);
}

const char *html_count_into(char buffer[HTML_COUNT_SIZE], uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, count);
    char *to = buffer;

    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return buffer;
}

const char *html_size_into(char buffer[HTML_SIZE_SIZE], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    unsigned unit = 0;

    while (value >= 1024 && unit < 6) {
        value /= 1024;
        unit++;
    }
    if (value == (double)(uint64_t)value) /* most are, and quicker to write so */
        snprintf(buffer, HTML_SIZE_SIZE, "%" PRIu64 " %s", (uint64_t)value, units[unit]);
    else
        snprintf(buffer, HTML_SIZE_SIZE, "%.5g %s", value, units[unit]);
    return buffer;
}

void html_td_count(FILE *out, uint64_t count)
{
    fprintf(out, "<td>%s</td>", HTML_COUNT(count));
}

void html_td_size(FILE *out, uint64_t bytes)
{
    fprintf(out, "<td>%s</td>", HTML_SIZE(bytes));
}

void html_td_hex(FILE *out, uint64_t value)
{
    fprintf(out, "<td class=\"mono\">0x%" PRIx64 "</td>", value);
}
