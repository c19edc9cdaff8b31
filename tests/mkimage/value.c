/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <string.h>

#include "number.h"
#include "qed/format.h"
#include "recipe.h"

static bool skip_prefix(const char **text, const char *prefix)
{
    size_t size = strlen(prefix);

    if (strncmp(*text, prefix, size))
        return false;
    *text += size;
    return true;
}

static bool table_offset(const struct image *image, uint64_t index, uint64_t *value)
{
    const struct extent *table = image_table(image, index);

    if (table)
        *value = table->offset;
    return table;
}

static bool data_offset(const struct image *image, uint64_t pos, uint64_t *value)
{
    uint64_t slot;

    return image_l2_slot(image, pos / image->geometry.cluster_size, &slot) &&
           image_get64(image, slot, value) && *value > QED_ZERO_CLUSTER;
}

static bool term(const struct image *image, const char **text, uint64_t *value)
{
    uint64_t number;

    if (skip_prefix(text, "l1-table")) {
        *value = image->l1_offset;
        return true;
    }
    if (skip_prefix(text, "eof")) {
        *value = image->size;
        return true;
    }
    if (skip_prefix(text, "table:"))
        return number_scan(*text, text, &number) && table_offset(image, number, value);
    if (skip_prefix(text, "data:"))
        return number_scan(*text, text, &number) && data_offset(image, number, value);
    return number_scan(*text, text, value);
}

bool value_parse(const struct image *image, const char *text, uint64_t *value)
{
    const char *rest = text;
    uint64_t sum = 0, part;
    char sign = '+';

    for (;;) {
        if (!term(image, &rest, &part))
            break;
        sum = sign == '+' ? sum + part : sum - part;
        sign = *rest;
        if (!sign) {
            *value = sum;
            return true;
        }
        if (sign != '+' && sign != '-')
            break;
        rest++;
    }
    warnx("no value: %s", text);
    return false;
}
