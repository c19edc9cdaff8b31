/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/standin.h"

#include <string.h>

/* Counts the clusters that the words of a block refer to and that were not counted before. */
static int count_fresh(const struct belief *belief, const struct block_cursor *block,
                       struct claims *seen, struct suspect_block *suspect, struct failure *why)
{
    const struct geometry *geometry = belief->inventory->geometry;

    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t cluster = block->words[i] >> geometry->cluster_bits;
        uint64_t taken = 0;

        if (table_classify(geometry, TABLE_L2, block->words[i], NULL) != ELEMENT_VALID ||
            claims_holds(&belief->occupied, cluster))
            continue;
        if (claims_take_all(seen, cluster, 1, &taken, why))
            return -1;
        suspect->fresh += !taken;
    }
    return 0;
}

static int count_all_fresh(struct belief *belief, struct source *source, struct claims *seen,
                           struct failure *why)
{
    struct suspect_block *suspect = belief->blocks, *end = suspect + belief->block_count;
    struct block_cursor block;

    block_begin(&block, source, belief->inventory);
    while (suspect < end) {
        int more = block_next(&block, why);

        if (more <= 0)
            return more;
        if (block.offset != suspect->offset)
            continue;
        if (belief->inventory->tables[block.table].level == TABLE_L2 &&
            count_fresh(belief, &block, seen, suspect, why))
            return -1;
        suspect++;
    }
    return 0;
}

/* Gives each block its share of the free clusters, in order. */
static void assign_free(struct belief *belief)
{
    const struct geometry *geometry = belief->inventory->geometry;
    uint64_t from = geometry->header_end >> geometry->cluster_bits, first, count;

    for (size_t i = 0; i < belief->block_count; i++) {
        uint64_t left = belief->blocks[i].fresh;

        belief->blocks[i].first_free = from;
        while (left &&
               claims_next_free(&belief->occupied, from, belief->occupied.limit, &first, &count)) {
            count = count < left ? count : left;
            left -= count;
            from = first + count;
        }
    }
}

int standin_plan(struct belief *belief, struct source *source, struct failure *why)
{
    struct claims seen;
    int result = claims_init(&seen, belief->occupied.limit, why);

    if (!result)
        result = count_all_fresh(belief, source, &seen, why);
    claims_free(&seen);
    if (!result)
        assign_free(belief);
    return result;
}

/* The free clusters of a block as offsets, rising. */
static void list_free(const struct belief *belief, const struct suspect_block *block,
                      uint64_t offsets[BLOCK_WORDS])
{
    uint64_t from = block->first_free, first, count;
    size_t listed = 0;

    while (listed < block->fresh &&
           claims_next_free(&belief->occupied, from, belief->occupied.limit, &first, &count)) {
        for (; count > 0 && listed < block->fresh; count--)
            offsets[listed++] = first++ << belief->inventory->geometry->cluster_bits;
        from = first;
    }
}

/*
 * How many offsets after the first have to rise to make up wanted pairs, or as many as they can;
 * no more than that, so that the copy of a copy comes out the same.
 */
static uint32_t count_rising(const uint64_t *offsets, uint32_t count, uint64_t cluster_size,
                             uint32_t wanted)
{
    uint32_t rising = 0, pairs = 0;

    for (uint32_t i = 1; i < count && pairs < wanted; i++) {
        if (offsets[i - 1] + cluster_size == offsets[i]) {
            pairs++;
            rising = i;
        }
    }
    return rising;
}

/*
 * Markers can follow one another as offsets do, so they make up the wanted pairs as far as there
 * are enough of them; references then come in falling order, where none follows its predecessor,
 * but for as many of the lowest as are still wanted.
 */
void standin_words(const struct belief *belief, const struct suspect_block *block,
                   uint64_t words[BLOCK_WORDS])
{
    uint64_t offsets[BLOCK_WORDS] = {0};
    uint32_t markers = block->words - block->fresh;
    uint32_t chain = markers > block->adjacent ? block->adjacent : markers ? markers - 1 : 0;
    uint64_t cluster_size = belief->inventory->geometry->cluster_size;
    uint64_t *word = words;
    uint32_t rising;

    memset(words, 0, BLOCK_WORDS * sizeof(*words));
    list_free(belief, block, offsets);
    rising = count_rising(offsets, block->fresh, cluster_size, block->adjacent - chain);
    for (uint32_t i = 0; i < markers; i++)
        *word++ = STANDIN_MARKER + (i <= chain ? i * cluster_size : 0);
    for (uint32_t i = block->fresh; i > rising + 1; i--)
        *word++ = offsets[i - 1];
    for (uint32_t i = 0; i <= rising && i < block->fresh; i++)
        *word++ = offsets[i];
}
