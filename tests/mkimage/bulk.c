/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bulk.h"

#include <err.h>
#include <string.h>

#include "base/bytes.h"
#include "qed/format.h"

/* Blocks of zeroes are left out of the file in this grain, that of a page and of most disks. */
#define BLOCK_ELEMENTS 512

/* Far enough ahead to hide a miss of the cache, near enough to stay in it. */
#define PREFETCH_AHEAD 16

/* One after the other, the L2 tables of an image are an array with an element for each cluster. */
struct tables {
    uint64_t *l2;
    uint64_t l2_bytes;
    uint64_t *l1;
    uint64_t l1_bytes;
    uint64_t slots; /* of L1 that can be in use */
    unsigned int shift;
};

static bool prepare(struct tables *tables, const struct image *image, uint64_t clusters)
{
    tables->shift = (unsigned int)__builtin_ctzll(image->elements);
    tables->slots = (clusters + image->elements - 1) >> tables->shift;
    if (tables->slots > image->elements) {
        warnx("the image size is more than L1 can hold");
        return false;
    }
    /* A whole block more: the last one of a short L1 is written in full. */
    tables->l1_bytes = (tables->slots + BLOCK_ELEMENTS) * QED_ELEMENT_SIZE;
    tables->l2_bytes = tables->slots * image->table_bytes;
    tables->l1 = order_room(tables->l1_bytes);
    tables->l2 = order_room(tables->l2_bytes);
    return tables->l1 && tables->l2;
}

static bool assign(struct image *image, struct tables *tables, const uint32_t *order,
                   uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = order[i] >> tables->shift;
        uint64_t offset;

        if (i + PREFETCH_AHEAD < count)
            __builtin_prefetch(&tables->l2[order[i + PREFETCH_AHEAD]], 1);
        if (!tables->l1[index]) {
            if (!image_allocate(image, EXTENT_L2, image->geometry.table_size, index, &offset))
                return false;
            tables->l1[index] = BYTES_LE64(offset);
        }
        if (!image_allocate(image, EXTENT_DATA, 1, 0, &offset))
            return false;
        tables->l2[order[i]] = BYTES_LE64(offset);
    }
    return true;
}

static bool all_zero(const uint64_t *elements)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < BLOCK_ELEMENTS; i++)
        seen |= elements[i];
    return seen == 0;
}

static bool write_table(struct image *image, uint64_t offset, const uint64_t *table, uint64_t count)
{
    uint64_t start = 0;

    while (start < count) {
        uint64_t end = start;

        while (end < count && !all_zero(table + end))
            end += BLOCK_ELEMENTS;
        if (end > start && !image_write(image, offset + start * QED_ELEMENT_SIZE, table + start,
                                        (end - start) * QED_ELEMENT_SIZE))
            return false;
        start = end + BLOCK_ELEMENTS;
    }
    return true;
}

static void count_table(struct bulk *bulk, const uint64_t *table, uint64_t elements,
                        uint64_t cluster_size)
{
    uint64_t last = 0;

    for (uint64_t i = 0; i < elements; i++) {
        uint64_t offset = BYTES_LE64(table[i]);

        if (!offset)
            continue;
        bulk->allocated++;
        bulk->fragmented += last && offset != last + cluster_size;
        last = offset;
    }
}

static bool write_all(struct image *image, const struct tables *tables, struct bulk *bulk)
{
    uint64_t l1_count = (tables->slots + BLOCK_ELEMENTS - 1) & ~(uint64_t)(BLOCK_ELEMENTS - 1);

    for (uint64_t i = 0; i < tables->slots; i++) {
        const uint64_t *table = tables->l2 + (i << tables->shift);

        if (!tables->l1[i])
            continue;
        count_table(bulk, table, image->elements, image->geometry.cluster_size);
        if (!write_table(image, BYTES_LE64(tables->l1[i]), table, image->elements))
            return false;
    }
    return write_table(image, image->l1_offset, tables->l1, l1_count);
}

bool bulk_fill(struct image *image, struct bulk *bulk, struct prng *prng)
{
    uint64_t cluster_size = image->geometry.cluster_size;
    struct tables tables = {0};
    uint32_t *order;
    uint64_t count = 0;
    bool good = false;

    bulk->clusters = image->geometry.image_size / cluster_size +
                     (image->geometry.image_size % cluster_size != 0);
    bulk->allocated = bulk->fragmented = 0;
    order = order_choose(bulk->clusters, bulk->percent, bulk->clump, prng, &count);
    if (!order || !order_shuffle(&bulk->layout, order, count, prng))
        goto out;
    if (!prepare(&tables, image, bulk->clusters) || !assign(image, &tables, order, count))
        goto out;
    good = write_all(image, &tables, bulk);
out:
    order_free(tables.l2, tables.l2_bytes);
    order_free(tables.l1, tables.l1_bytes);
    order_free(order, bulk->clusters * sizeof(*order));
    return good;
}
