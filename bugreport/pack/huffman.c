/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/huffman.h"

#include <stdlib.h>

/* A symbol that occurs; both in one number, so that sorting needs one compare. */
#define KEY(count, symbol) ((uint64_t)(count) << 16 | (symbol))
#define KEY_SYMBOL(key)    ((key)&0xffff)
#define KEY_COUNT(key)     ((key) >> 16)

static int compare_keys(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

    return (left > right) - (left < right);
}

static size_t sort_symbols(const uint32_t *counts, size_t symbols, uint64_t *keys)
{
    size_t used = 0;

    for (size_t i = 0; i < symbols; i++) {
        if (counts[i])
            keys[used++] = KEY(counts[i], i);
    }
    qsort(keys, used, sizeof(*keys), compare_keys);
    return used;
}

/*
 * Joins the two lightest trees until one is left. Leaves come sorted and joined trees arise in
 * rising order, so the lightest is always the first of one of two queues. per_depth gets the number
 * of leaves at each depth.
 */
static void build_tree(const uint64_t *keys, size_t used, unsigned *per_depth)
{
    uint64_t weight[HUFFMAN_MOST_SYMBOLS];
    uint16_t parent[2 * HUFFMAN_MOST_SYMBOLS] = {0}, depth[HUFFMAN_MOST_SYMBOLS];
    size_t leaf = 0, tree = 0;

    for (size_t made = 0; made + 1 < used; made++) {
        weight[made] = 0;
        for (int pick = 0; pick < 2; pick++) {
            if (tree == made || (leaf < used && KEY_COUNT(keys[leaf]) <= weight[tree])) {
                weight[made] += KEY_COUNT(keys[leaf]);
                parent[leaf++] = (uint16_t)made;
            } else {
                weight[made] += weight[tree];
                parent[used + tree++] = (uint16_t)made;
            }
        }
    }
    depth[used - 2] = 0;
    for (size_t i = used - 2; i-- > 0;)
        depth[i] = (uint16_t)(depth[parent[used + i]] + 1);
    for (size_t i = 0; i < used; i++)
        per_depth[depth[parent[i]] + 1]++;
}

/*
 * Raises leaves that are too deep to the limit, and pays for it: the code is full when the leaves,
 * weighed by their depth, come to one whole; each turn moves a leaf down to make room.
 */
static void limit_depth(unsigned *per_depth, unsigned limit)
{
    uint32_t total = 0, whole = UINT32_C(1) << limit;

    for (unsigned i = limit + 1; i < HUFFMAN_MOST_SYMBOLS; i++)
        per_depth[limit] += per_depth[i];
    for (unsigned i = 1; i <= limit; i++)
        total += per_depth[i] << (limit - i);
    for (; total > whole; total--) {
        unsigned shallow = limit - 1;

        while (!per_depth[shallow])
            shallow--;
        per_depth[limit]--;
        per_depth[shallow]--;
        per_depth[shallow + 1] += 2;
    }
}

void huffman_lengths(const uint32_t *counts, size_t symbols, unsigned limit, uint8_t *lengths)
{
    uint64_t keys[HUFFMAN_MOST_SYMBOLS] = {0};
    unsigned per_depth[HUFFMAN_MOST_SYMBOLS] = {0};
    size_t used = sort_symbols(counts, symbols, keys);

    for (size_t i = 0; i < symbols; i++)
        lengths[i] = 0;
    if (used < 2) {
        per_depth[1] = (unsigned)used;
    } else {
        build_tree(keys, used, per_depth);
        limit_depth(per_depth, limit);
    }
    for (unsigned depth = 1; depth <= limit; depth++) {
        for (unsigned i = 0; i < per_depth[depth]; i++)
            lengths[KEY_SYMBOL(keys[--used])] = (uint8_t)depth;
    }
}

static uint16_t turn_round(unsigned code, unsigned length)
{
    unsigned turned = 0;

    for (unsigned i = 0; i < length; i++)
        turned |= (code >> i & 1) << (length - 1 - i);
    return (uint16_t)turned;
}

void huffman_codes(const uint8_t *lengths, size_t symbols, uint16_t *codes)
{
    unsigned per_length[HUFFMAN_MOST_BITS + 1] = {0}, next[HUFFMAN_MOST_BITS + 1] = {0};

    for (size_t i = 0; i < symbols; i++)
        per_length[lengths[i]]++;
    per_length[0] = 0;
    for (unsigned i = 1; i <= HUFFMAN_MOST_BITS; i++)
        next[i] = (next[i - 1] + per_length[i - 1]) << 1;
    for (size_t i = 0; i < symbols; i++)
        codes[i] = turn_round(next[lengths[i]]++, lengths[i]);
}
