/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

#include "base/checked.h"
#include "qed/format.h"

/* With guest data, clusters are written in full, and have to be small. */
#define LARGEST_FILLED 65536

static uint32_t draw_cluster_size(const struct random_wish *wish, struct prng *prng)
{
    unsigned int shift = 12 + (unsigned int)prng_below(prng, 5);

    if (prng_one_in(prng, 3))
        shift = 12;
    if (prng_one_in(prng, 10))
        shift = 16 + (unsigned int)prng_below(prng, 11);
    if (wish->guest && (1u << shift) > LARGEST_FILLED)
        shift = 12;
    return 1u << shift;
}

/* One cluster a table is legal, but qemu opens no such image, so it has to stay rare. */
static uint32_t draw_table_size(struct prng *prng)
{
    return prng_one_in(prng, 24) ? 1 : 2u << prng_below(prng, 4);
}

/* Room for L1, a few L2 tables and some data. */
static bool fits(const struct geometry *geometry, uint64_t max_file)
{
    uint64_t clusters = geometry->header_size + UINT64_C(5) * geometry->table_size + 64;

    return clusters * geometry->cluster_size <= max_file;
}

/* The specification sets the limit by what the tables can hold; it may not fit in 64 bits. */
static uint64_t draw_image_size(const struct geometry *geometry, struct prng *prng)
{
    uint64_t elements = (uint64_t)geometry->table_size * geometry->cluster_size / QED_ELEMENT_SIZE;
    uint64_t table_covers = elements * geometry->cluster_size;
    uint64_t tables = 1 + prng_below(prng, prng_one_in(prng, 8) ? elements : 8);
    uint64_t limit = UINT64_C(1) << 62;
    uint64_t size;

    if (tables > elements)
        tables = elements;
    if (!checked_multiply(table_covers, tables, &size) || size > limit)
        size = limit;
    /* More clusters than 32 bits can number would need wider lists for nothing. */
    if (size / geometry->cluster_size > UINT32_MAX)
        size = (uint64_t)UINT32_MAX * geometry->cluster_size;
    if (prng_one_in(prng, 4))
        return size;
    return prng_below(prng, size / QED_SECTOR_SIZE + 1) * QED_SECTOR_SIZE;
}

void random_geometry(struct geometry *geometry, const struct random_wish *wish, struct prng *prng)
{
    do {
        *geometry = (struct geometry){
            .cluster_size = draw_cluster_size(wish, prng),
            .table_size = draw_table_size(prng),
            .header_size = prng_one_in(prng, 6) ? 2 + (uint32_t)prng_below(prng, 3) : 1,
        };
    } while (!fits(geometry, wish->max_file));
    geometry->image_size = prng_one_in(prng, 24) ? 0 : draw_image_size(geometry, prng);
    if (prng_one_in(prng, 12) && geometry->image_size / geometry->cluster_size >= 6)
        geometry->data_before_l1 = 1 + (uint32_t)prng_below(prng, 6);
    if (prng_one_in(prng, 8))
        geometry->features |= QED_F_NEED_CHECK;
    if (prng_one_in(prng, 16))
        geometry->features |= QED_F_BACKING_FORMAT_NO_PROBE;
}
