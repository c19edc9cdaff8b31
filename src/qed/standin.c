/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/standin.h"

#include <string.h>

/* Where arranging has come to. */
struct arranger {
    struct belief *belief;
    uint64_t cluster_size;
    uint64_t references, pairs; /* still to be had */
    uint64_t free;              /* where the next free cluster is looked for */
    uint64_t last;              /* the last stand-in */
};

/* The free clusters of a block as offsets, rising. Returns how many of those wanted there are. */
static uint32_t list_free(const struct belief *belief, const struct suspect_block *block,
                          uint64_t offsets[BLOCK_WORDS])
{
    uint64_t from = block->first, first, count;
    uint32_t listed = 0;

    while (listed < block->references &&
           claims_next_free(&belief->occupied, from, belief->occupied.limit, &first, &count)) {
        for (; count > 0 && listed < block->references; count--)
            offsets[listed++] = first++ << belief->inventory->geometry->cluster_bits;
        from = first;
    }
    return listed;
}

/*
 * Orders the references of a block: falling, where none follows its predecessor, but for the lowest
 * ones, which rise. The first of all can follow the word before. As many as possible are to follow,
 * but no more than are wanted, so that the copy of a copy comes out the same. False if even without
 * any that rise there is one too many.
 */
static bool order_references(struct arranger *arranger, struct suspect_block *block,
                             const uint64_t *offsets)
{
    uint64_t before = block->joined ? arranger->last : block->before;
    uint64_t next = before + arranger->cluster_size;
    uint32_t last = block->references - 1, rising = 0;
    uint64_t best = UINT64_MAX;

    for (uint32_t i = 0; i <= last; i++) {
        uint64_t pairs;

        rising += i > 0 && offsets[i - 1] + arranger->cluster_size == offsets[i];
        pairs = rising + (before && offsets[i < last ? last : 0] == next);
        if (pairs <= arranger->pairs && (best == UINT64_MAX || pairs > best)) {
            best = pairs;
            block->rising = i;
        }
    }
    if (best == UINT64_MAX)
        return false;
    arranger->pairs -= best;
    return true;
}

/* Lists the free clusters of a block from cluster number first on, and orders them. */
static bool try_references(struct arranger *arranger, struct suspect_block *block, uint64_t first,
                           uint64_t offsets[BLOCK_WORDS])
{
    block->first = first;
    block->references = list_free(arranger->belief, block, offsets);
    return block->references == 0 || order_references(arranger, block, offsets);
}

/*
 * Where the word before would be followed though none is wanted, a lone reference is to the next
 * free cluster instead; of several, one is left to the next block.
 */
static void take_references(struct arranger *arranger, struct suspect_block *block)
{
    uint64_t offsets[BLOCK_WORDS] = {0}, first = arranger->free;

    block->references =
        block->words < arranger->references ? block->words : (uint32_t)arranger->references;
    while (!try_references(arranger, block, first, offsets)) {
        if (block->references == 1)
            first = offsets[0] / arranger->cluster_size + 1;
        else
            block->references--;
    }
    if (block->references == 0)
        return;
    arranger->references -= block->references;
    arranger->free = offsets[block->references - 1] / arranger->cluster_size + 1;
}

/* Whether the first marker of a block can follow the last word: only a marker can be followed. */
static bool goes_on(const struct arranger *arranger, const struct suspect_block *block)
{
    return block->joined && block->references == 0 && arranger->pairs > 0 &&
           marker_is(arranger->belief->inventory->geometry, arranger->last);
}

static void take_markers(struct arranger *arranger, struct suspect_block *block)
{
    uint32_t markers = block->words - block->references;

    if (markers == 0)
        return;
    if (goes_on(arranger, block)) {
        block->first_marker =
            (uint32_t)((arranger->last - STANDIN_MARKER) / arranger->cluster_size) + 1;
        arranger->pairs--;
    }
    block->chain = markers - 1 < arranger->pairs ? markers - 1 : (uint32_t)arranger->pairs;
    arranger->pairs -= block->chain;
}

void standin_arrange(struct belief *belief, uint64_t references)
{
    const struct geometry *geometry = belief->inventory->geometry;
    struct arranger arranger = {
        .belief = belief,
        .cluster_size = geometry->cluster_size,
        .references = references,
        .pairs = belief->pairs,
        .free = geometry->header_end >> geometry->cluster_bits,
    };
    uint64_t words[BLOCK_WORDS];

    for (size_t i = 0; i < belief->block_count; i++) {
        struct suspect_block *block = &belief->blocks[i];

        if (belief->inventory->tables[block->table].level == TABLE_L1 || block->words == 0)
            continue;
        take_references(&arranger, block);
        take_markers(&arranger, block);
        standin_words(belief, block, words);
        arranger.last = words[block->words - 1];
    }
    belief->shortfall.clusters += arranger.references;
    belief->shortfall.pairs += arranger.pairs;
}

static uint64_t *put_pointers(const struct belief *belief, const struct suspect_block *block,
                              uint64_t *word)
{
    memcpy(word, belief->pointers + block->first, block->references * sizeof(*word));
    return word + block->references;
}

/* Falling references, of which none follows its predecessor, then those that are to rise. */
static uint64_t *put_references(const struct belief *belief, const struct suspect_block *block,
                                uint64_t *word)
{
    uint64_t offsets[BLOCK_WORDS] = {0};

    list_free(belief, block, offsets);
    for (uint32_t i = block->references; i > block->rising + 1; i--)
        *word++ = offsets[i - 1];
    for (uint32_t i = 0; i <= block->rising && i < block->references; i++)
        *word++ = offsets[i];
    return word;
}

void standin_words(const struct belief *belief, const struct suspect_block *block,
                   uint64_t words[BLOCK_WORDS])
{
    uint64_t cluster_size = belief->inventory->geometry->cluster_size;
    bool is_l1 = belief->inventory->tables[block->table].level == TABLE_L1;
    uint32_t markers = block->words - block->references;
    uint64_t *word = words;

    memset(words, 0, BLOCK_WORDS * sizeof(*words));
    if (block->references)
        word = is_l1 ? put_pointers(belief, block, word) : put_references(belief, block, word);
    for (uint32_t i = 0; i < markers; i++)
        *word++ =
            STANDIN_MARKER + (i <= block->chain ? (block->first_marker + i) * cluster_size : 0);
}
