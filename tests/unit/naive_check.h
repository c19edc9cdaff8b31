/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_NAIVE_CHECK_H
#define UNIT_NAIVE_CHECK_H

#include "tests/unit/tiny_image.h"

/*
 * qemu-img check, written down step by step from what qemu 7.2 does, an element
 * at a time and with a byte for each number. The divisor is what qemu gets wrong: cluster_size - 1
 * gives its figures, cluster_size those that are true. Then, too, the header is claimed first.
 */
struct naive_check {
    uint64_t divisor;
    uint64_t limit; /* numbers of the file */
    unsigned char *claimed;
    uint64_t corruptions, leaks, allocated, fragmented, tables, duplicates;
};

static inline bool naive_valid_cluster(const struct tiny_image *image, uint64_t offset)
{
    uint64_t sectors = (image->memory.source.size + 511) / 512 * 512;
    uint64_t end = sectors / TINY_CLUSTER * TINY_CLUSTER;

    return offset % TINY_CLUSTER == 0 && offset < end &&
           offset >= (uint64_t)image->header.header_size * TINY_CLUSTER;
}

static inline bool naive_valid_table(const struct tiny_image *image, uint64_t offset)
{
    for (uint32_t i = 0; i < image->header.table_size; i++) {
        uint64_t cluster = offset + (uint64_t)i * TINY_CLUSTER;

        if (cluster < offset || !naive_valid_cluster(image, cluster))
            return false;
    }
    return true;
}

/* Returns how many of count numbers were claimed before. */
static inline uint64_t naive_claim(struct naive_check *check, uint64_t offset, uint64_t count)
{
    uint64_t taken = 0;

    for (uint64_t i = 0; i < count; i++) {
        unsigned char *claimed = &check->claimed[offset / check->divisor + i];

        taken += *claimed;
        *claimed = 1;
    }
    check->duplicates += taken;
    return taken;
}

static inline void naive_table(struct naive_check *check, const struct tiny_image *image,
                               uint64_t table)
{
    bool has_last = false;
    uint64_t last = 0;

    check->tables++;
    for (uint64_t i = 0; i < image->geometry.nelems; i++) {
        uint64_t element = tiny_image_get(image, table, i);

        if (element < 2)
            continue;
        check->allocated++;
        check->fragmented += has_last && last + TINY_CLUSTER != element;
        has_last = true;
        last = element;
        if (naive_valid_cluster(image, element))
            check->corruptions += naive_claim(check, element, 1);
        else
            check->corruptions++;
    }
}

static inline void naive_check_run(struct naive_check *check, const struct tiny_image *image,
                                   bool as_qemu)
{
    uint64_t end = (image->memory.source.size + 511) / 512 * 512 / TINY_CLUSTER * TINY_CLUSTER;
    uint32_t own = image->header.header_size || as_qemu ? image->header.header_size : 1;

    *check = (struct naive_check){.divisor = as_qemu ? TINY_CLUSTER - 1 : TINY_CLUSTER};
    check->limit = end / check->divisor;
    check->claimed = calloc(check->limit + 32, 1);
    if (!as_qemu)
        naive_claim(check, 0, own);
    check->corruptions =
        naive_claim(check, image->header.l1_table_offset, image->header.table_size);
    for (uint64_t i = 0; i < image->geometry.nelems; i++) {
        uint64_t element = tiny_image_get(image, image->header.l1_table_offset, i), taken;

        if (element == 0)
            continue;
        if (!naive_valid_table(image, element)) {
            check->corruptions++;
            continue;
        }
        taken = naive_claim(check, element, image->header.table_size);
        check->corruptions += taken;
        if (!taken)
            naive_table(check, image, element);
    }
    for (uint64_t number = own; number < check->limit; number++)
        check->leaks += !check->claimed[number];
    free(check->claimed);
}

#endif
