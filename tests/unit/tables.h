/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_TABLES_H
#define UNIT_TABLES_H

#include "base/bytes.h"
#include "tests/mkimage/order.h"
#include "tests/unit/unit.h"

/*
 * L2 tables, one after the other, of an image that was written in some order, with clusters of 64
 * KiB. Needs mkimage's order.o and number.o.
 */
struct tables_recipe {
    const char *layout;
    uint64_t percent, clump;
};

static const struct tables_recipe tables_recipes[] = {
    {"seq", 100, 1},    {"frag:30", 100, 1}, {"local:30", 100, 1}, {"streams:8", 100, 1},
    {"random", 100, 1}, {"seq", 1, 1},       {"seq", 1, 4096}};

/* size bytes of tables, to be freed with free(). */
static inline unsigned char *tables_make(const struct tables_recipe *recipe, size_t size)
{
    unsigned char *bytes = calloc(size / 8 + 1, 8);
    struct prng prng = {7};
    struct layout layout;
    uint64_t count;
    uint32_t *order;

    assert_true(layout_parse(recipe->layout, &layout));
    order = order_choose(size / 8, recipe->percent, recipe->clump, &prng, &count);
    assert_true(order && order_shuffle(&layout, order, count, &prng));
    for (uint64_t i = 0; i < count; i++)
        bytes_store64(bytes + (size_t)order[i] * 8, (1000000 + i) << 16);
    order_free(order, size / 8 * sizeof(*order));
    return bytes;
}

#endif
