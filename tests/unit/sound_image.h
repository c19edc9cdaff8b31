/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_SOUND_IMAGE_H
#define UNIT_SOUND_IMAGE_H

#include "tests/unit/tiny_image.h"

/* An image of random geometry, as a random kind of source. */
static inline void random_image_begin(struct tiny_image *image, struct prng *prng)
{
    uint64_t clusters = 60 + prng_below(prng, prng_one_in(prng, 4) ? 9000 : 1000);

    tiny_image_init(image, 1u << prng_below(prng, 4), 1 + (uint32_t)prng_below(prng, 3), clusters,
                    60);
    image->memory.source.size += prng_one_in(prng, 3) ? prng_below(prng, TINY_CLUSTER) : 0;
    image->memory.grain = prng_one_in(prng, 3) ? 0 : UINT64_C(8) << prng_below(prng, 10);
    image->memory.most = prng_one_in(prng, 3) ? 8 * (1 + prng_below(prng, 700)) : 0;
    if (prng_one_in(prng, 2))
        image->memory.source.kind = &memory_source_quick_kind;
}

/* A sound image: tables in any order, with clusters that nothing else has. */
struct sound_builder {
    struct tiny_image *image;
    struct prng *prng;
    uint64_t next; /* cluster that is handed out next */
    bool leaks;
};

static inline uint64_t sound_take(struct sound_builder *builder, uint64_t clusters)
{
    uint64_t first = builder->next;

    if (first + clusters > builder->image->clusters)
        return 0;
    builder->next += clusters;
    if (builder->leaks && prng_one_in(builder->prng, 12))
        builder->next += prng_below(builder->prng, 3);
    return tiny_offset(first);
}

static inline void sound_fill(struct sound_builder *builder, uint64_t table)
{
    uint64_t nelems = builder->image->geometry.nelems, zeros = 1 + prng_below(builder->prng, 9);
    bool full = prng_one_in(builder->prng, 3);

    for (uint64_t i = 0; i < nelems; i++) {
        uint64_t other = prng_below(builder->prng, nelems), word, place;

        if (!full && prng_one_in(builder->prng, zeros)) {
            i += prng_below(builder->prng, 60);
            continue;
        }
        word = prng_one_in(builder->prng, 20) ? 1 : sound_take(builder, 1);
        place = prng_one_in(builder->prng, 5) ? other : i;
        if (word && !tiny_image_get(builder->image, table, place))
            tiny_image_set(builder->image, table, place, word);
    }
}

/* Gives it tables with nothing wrong with them, and in half of all cases leaks. */
static inline void sound_image_build(struct tiny_image *image, struct prng *prng)
{
    uint32_t table_clusters = image->header.table_size;
    struct sound_builder builder = {image, prng, image->header.header_size + table_clusters,
                                    prng_one_in(prng, 2)};
    uint64_t index = prng_below(prng, 3), tables = prng_below(prng, 5);
    uint64_t offsets[5];

    /* Only the first clusters can be written, so tables go there. */
    for (uint64_t i = 0; i < tables; i++)
        offsets[i] = sound_take(&builder, table_clusters);
    for (uint64_t i = 0; i < tables; i++) {
        uint64_t swapped = prng_below(prng, tables), offset = offsets[i];

        offsets[i] = offsets[swapped];
        offsets[swapped] = offset;
    }
    for (uint64_t i = 0; i < tables; i++) {
        tiny_image_set_l1(image, index, offsets[i]);
        sound_fill(&builder, offsets[i]);
        index += 1 + (prng_one_in(prng, 3) ? prng_below(prng, 5) : 0);
    }
    if (!builder.leaks)
        image->memory.source.size =
            tiny_offset(builder.next) + prng_below(prng, TINY_CLUSTER - 511);
    image->header.image_size = tiny_offset(prng_below(prng, 6) * image->geometry.nelems +
                                           prng_below(prng, image->geometry.nelems));
    tiny_image_update(image);
}

#endif
