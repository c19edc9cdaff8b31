/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_TINY_IMAGE_H
#define UNIT_TINY_IMAGE_H

#include "base/bytes.h"
#include "qed/header.h"
#include "tests/mkimage/prng.h"
#include "tests/unit/memory_source.h"

/*
 * Images of a few clusters of 4 KiB, made by hand. The L1 table stands right behind the header;
 * what the tables say is up to the test.
 */
#define TINY_CLUSTER 4096u

struct tiny_image {
    struct memory_source memory;
    struct header header;
    struct geometry geometry;
    uint64_t clusters; /* of the file */
};

static inline uint64_t tiny_offset(uint64_t cluster)
{
    return cluster * TINY_CLUSTER;
}

/* Writes the header anew and derives the geometry, after a change of either. */
static inline void tiny_image_update(struct tiny_image *image)
{
    header_encode(&image->header, image->memory.bytes);
    if (!header_geometry(&image->header, image->memory.source.size, &image->geometry))
        abort();
}

/* A consistent image without tables but for L1; of its clusters the first stored can be written. */
static inline void tiny_image_init(struct tiny_image *image, uint32_t table_size,
                                   uint32_t header_size, uint64_t clusters, size_t stored)
{
    image->clusters = clusters;
    memory_source_init(&image->memory, tiny_offset(clusters), stored * TINY_CLUSTER);
    image->header = (struct header){
        .magic = QED_MAGIC,
        .cluster_size = TINY_CLUSTER,
        .table_size = table_size,
        .header_size = header_size,
        .l1_table_offset = tiny_offset(header_size),
        .image_size = UINT64_C(1) << 30,
    };
    tiny_image_update(image);
}

static inline void tiny_image_free(struct tiny_image *image)
{
    memory_source_free(&image->memory);
}

static inline uint64_t tiny_image_get(const struct tiny_image *image, uint64_t table,
                                      uint64_t index)
{
    uint64_t at = table + index * QED_ELEMENT_SIZE;
    unsigned char word[QED_ELEMENT_SIZE] = {0};

    for (unsigned i = 0; i < sizeof(word); i++) {
        if (at + i < image->memory.stored && at + i < image->memory.source.size)
            word[i] = image->memory.bytes[at + i];
    }
    return bytes_load64(word);
}

static inline void tiny_image_set(struct tiny_image *image, uint64_t table, uint64_t index,
                                  uint64_t value)
{
    uint64_t at = table + index * QED_ELEMENT_SIZE;

    if (at + QED_ELEMENT_SIZE > image->memory.stored)
        abort();
    bytes_store64(image->memory.bytes + at, value);
}

static inline void tiny_image_set_l1(struct tiny_image *image, uint64_t index, uint64_t value)
{
    tiny_image_set(image, image->header.l1_table_offset, index, value);
}

/* Any cluster of the file; in large files half of them near those where qemu's numbers slip. */
static inline uint64_t tiny_image_random_cluster(const struct tiny_image *image, struct prng *prng)
{
    uint64_t slips = image->clusters / (TINY_CLUSTER - 1);

    if (slips == 0 || prng_one_in(prng, 2))
        return prng_below(prng, image->clusters);
    return (1 + prng_below(prng, slips)) * (TINY_CLUSTER - 1) - 4 + prng_below(prng, 8);
}

/* An element of any kind, most of them valid or nearly so. */
static inline uint64_t tiny_image_random_element(const struct tiny_image *image, struct prng *prng)
{
    uint64_t cluster = tiny_image_random_cluster(image, prng);

    switch (prng_below(prng, 16)) {
    case 0:
        return 0;
    case 1:
        return 1;
    case 2:
        return prng_next(prng);
    case 3:
        return tiny_offset(cluster) + 1 + prng_below(prng, TINY_CLUSTER - 1);
    case 4:
        return 0 - tiny_offset(1 + prng_below(prng, 3));
    case 5:
        return tiny_offset(image->clusters + prng_below(prng, 3));
    default:
        return tiny_offset(cluster);
    }
}

/* Fills elements of a table with stretches that rise by a step, now and then broken. */
static inline void tiny_image_fill(struct tiny_image *image, struct prng *prng, uint64_t table,
                                   uint64_t step)
{
    uint64_t index = prng_below(prng, 8), value = 0, left = 0;

    for (; index < image->geometry.nelems; index++) {
        uint64_t at = table + (index + 1) * QED_ELEMENT_SIZE;

        if (at > image->memory.stored)
            return;
        if (left == 0) {
            left = prng_one_in(prng, 2) ? 1 : 1 + prng_below(prng, 12);
            value = tiny_image_random_element(image, prng);
        }
        tiny_image_set(image, table, index, value);
        left--;
        value += value > 1 ? step : 0;
        if (left == 0 && prng_one_in(prng, 4))
            index += prng_below(prng, 300);
    }
}

/* A sick image: L1 elements of all kinds, and whatever they point at filled like a table. */
static inline void tiny_image_randomize(struct tiny_image *image, struct prng *prng)
{
    uint64_t tables = 1 + prng_below(prng, 6);

    for (uint64_t i = 0; i < tables; i++) {
        uint64_t index = prng_below(prng, prng_one_in(prng, 2) ? 8 : image->geometry.nelems);
        uint64_t cluster = tiny_image_random_cluster(image, prng);
        uint64_t element =
            prng_one_in(prng, 4) ? tiny_image_random_element(image, prng) : tiny_offset(cluster);

        if (cluster > image->header.header_size + image->header.table_size)
            tiny_image_fill(image, prng, tiny_offset(cluster), TINY_CLUSTER);
        tiny_image_set_l1(image, index, element);
    }
}

#endif
