/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corrupt.h"

#include "qed/format.h"

/* The length of the file in whole clusters: the first offset that is no longer valid. */
static uint64_t end_of_file(const struct image *image)
{
    return image->size / image->geometry.cluster_size * image->geometry.cluster_size;
}

static bool unaligned(struct damage *damage, uint64_t *value)
{
    uint64_t cluster_size = damage->image->geometry.cluster_size;

    *value = prng_below(damage->prng, end_of_file(damage->image) + cluster_size);
    *value |= UINT64_C(1) << prng_below(damage->prng, 12);
    if (*value < cluster_size)
        *value += cluster_size;
    return true;
}

static bool beyond_eof(struct damage *damage, uint64_t *value)
{
    const struct image *image = damage->image;
    uint64_t cluster_size = image->geometry.cluster_size;
    uint64_t further = prng_below(damage->prng, UINT64_C(1) << prng_below(damage->prng, 24));

    *value = end_of_file(image) + further * cluster_size;
    return *value != 0;
}

static bool in_header(struct damage *damage, uint64_t *value)
{
    const struct geometry *geometry = &damage->image->geometry;
    bool whole = geometry->header_size > 1;
    uint64_t step = whole ? geometry->cluster_size : QED_SECTOR_SIZE;
    uint64_t steps = (uint64_t)geometry->header_size * geometry->cluster_size / step;

    *value = step * (1 + prng_below(damage->prng, steps - 1));
    return true;
}

/* So near to 2^64 that the end of a table there, or of a run of them, wraps around. */
static bool huge(struct damage *damage, uint64_t *value)
{
    *value = 0 - damage->image->geometry.cluster_size * (1 + prng_below(damage->prng, 20));
    if (prng_one_in(damage->prng, 4))
        *value = prng_one_in(damage->prng, 2) ? UINT64_MAX : UINT64_C(1) << 63;
    return true;
}

static bool duplicate(struct damage *damage, uint64_t *value)
{
    uint64_t other;

    if (!damage_slot(damage, damage->level, &other))
        return false;
    /* With a single element in use, its neighbour gets the copy. */
    if (other == damage->slot)
        damage->slot ^= QED_ELEMENT_SIZE;
    return image_get64(damage->image, other, value) && *value > QED_ZERO_CLUSTER;
}

static bool to_data(struct damage *damage, uint64_t *value)
{
    uint64_t clusters = image_count_clusters(damage->image, EXTENT_DATA);

    *value = image_nth_cluster(damage->image, EXTENT_DATA, prng_below(damage->prng, clusters));
    return clusters > 0;
}

static bool to_l1(struct damage *damage, uint64_t *value)
{
    const struct image *image = damage->image;
    uint64_t cluster =
        damage->level == LEVEL_L2 ? prng_below(damage->prng, image->geometry.table_size) : 0;

    *value = image->l1_offset + cluster * image->geometry.cluster_size;
    return true;
}

static bool to_table(struct damage *damage, uint64_t *value)
{
    uint64_t clusters = image_count_clusters(damage->image, EXTENT_L2);

    *value = image_nth_cluster(damage->image, EXTENT_L2, prng_below(damage->prng, clusters));
    return clusters > 0;
}

/* Some clusters off a table's own place, so that the two share a part. */
static bool overlap(struct damage *damage, uint64_t *value)
{
    const struct geometry *geometry = &damage->image->geometry;
    const struct extent *table = damage_table(damage);
    uint64_t shift;

    if (geometry->table_size < 2)
        return false;
    shift = (1 + prng_below(damage->prng, geometry->table_size - 1)) * geometry->cluster_size;
    *value = prng_one_in(damage->prng, 2) ? table->offset + shift : table->offset - shift;
    return true;
}

static bool one(struct damage *damage, uint64_t *value)
{
    (void)damage;
    *value = QED_ZERO_CLUSTER;
    return true;
}

static bool small(struct damage *damage, uint64_t *value)
{
    *value = 2 + prng_below(damage->prng, 4094);
    return true;
}

const struct corruption corruptions_word[] = {
    {"l1-unaligned", LEVEL_L1, unaligned, NULL}, {"l1-beyond-eof", LEVEL_L1, beyond_eof, NULL},
    {"l1-in-header", LEVEL_L1, in_header, NULL}, {"l1-huge", LEVEL_L1, huge, NULL},
    {"l1-duplicate", LEVEL_L1, duplicate, NULL}, {"l1-to-data", LEVEL_L1, to_data, NULL},
    {"l1-to-l1", LEVEL_L1, to_l1, NULL},         {"l1-overlap", LEVEL_L1, overlap, NULL},
    {"l1-value-one", LEVEL_L1, one, NULL},       {"l2-unaligned", LEVEL_L2, unaligned, NULL},
    {"l2-small", LEVEL_L2, small, NULL},         {"l2-beyond-eof", LEVEL_L2, beyond_eof, NULL},
    {"l2-in-header", LEVEL_L2, in_header, NULL}, {"l2-huge", LEVEL_L2, huge, NULL},
    {"l2-duplicate", LEVEL_L2, duplicate, NULL}, {"l2-to-l1", LEVEL_L2, to_l1, NULL},
    {"l2-to-table", LEVEL_L2, to_table, NULL},   {0},
};
