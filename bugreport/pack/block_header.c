/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/block_header.h"

#include <stdbool.h>
#include <stddef.h>

#include "bugreport/pack/huffman.h"

#define SYMBOLS   19 /* of the shorthand */
#define MOST_BITS 7  /* of its code */
#define DYNAMIC   4u /* the kind of block; its lowest bit would say that it is the last one */

enum { REPEAT_LAST = 16, REPEAT_ZERO, REPEAT_ZERO_LONG };

static const uint8_t symbol_order[SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                              11, 4,  12, 3, 13, 2, 14, 1, 15};
static const uint8_t extra_bits[SYMBOLS] = {
    [REPEAT_LAST] = 2, [REPEAT_ZERO] = 3, [REPEAT_ZERO_LONG] = 7};

static size_t add_run(struct block_header *to, unsigned symbol, size_t run, size_t least,
                      size_t most)
{
    size_t length = run < most ? run : most;

    to->symbols[to->count] = (uint8_t)symbol;
    to->run_bits[to->count++] = (uint8_t)(length - least);
    return length;
}

/* Adds a size that comes run times, or the beginning of the run, and returns how much of it. */
static size_t add_size(struct block_header *to, unsigned size, size_t run, bool is_last)
{
    if (size == 0 && run >= 11)
        return add_run(to, REPEAT_ZERO_LONG, run, 11, 138);
    if (size == 0 && run >= 3)
        return add_run(to, REPEAT_ZERO, run, 3, 10);
    if (is_last && run >= 3)
        return add_run(to, REPEAT_LAST, run, 3, 6);
    return add_run(to, size, 1, 1, 1);
}

void block_header_make(struct block_header *header, const uint8_t sizes[BLOCK_HEADER_SIZES])
{
    uint32_t counts[SYMBOLS] = {0};
    size_t at = 0;

    header->count = 0;
    while (at < BLOCK_HEADER_SIZES) {
        size_t run = 1;

        while (at + run < BLOCK_HEADER_SIZES && sizes[at + run] == sizes[at])
            run++;
        at += add_size(header, sizes[at], run, at > 0 && sizes[at] == sizes[at - 1]);
        counts[header->symbols[header->count - 1]]++;
    }
    huffman_lengths(counts, SYMBOLS, MOST_BITS, header->sizes);
    header->sizes_told = SYMBOLS;
    while (!header->sizes[symbol_order[header->sizes_told - 1]])
        header->sizes_told--;
}

uint64_t block_header_size(const struct block_header *header)
{
    uint64_t total = 3 + 5 + 5 + 4 + 3 * header->sizes_told;

    for (size_t i = 0; i < header->count; i++)
        total += header->sizes[header->symbols[i]] + extra_bits[header->symbols[i]];
    return total;
}

void block_header_put(const struct block_header *header, struct bits *out)
{
    uint16_t codes[SYMBOLS];

    huffman_codes(header->sizes, SYMBOLS, codes);
    bits_put(out, DYNAMIC, 3);
    bits_put(out, BLOCK_HEADER_SYMBOLS - 257, 5);
    bits_put(out, BLOCK_HEADER_DISTANCES - 1, 5);
    bits_put(out, header->sizes_told - 4, 4);
    for (size_t i = 0; i < header->sizes_told; i++)
        bits_put(out, header->sizes[symbol_order[i]], 3);
    for (size_t i = 0; i < header->count; i++) {
        unsigned symbol = header->symbols[i];

        bits_put(out, codes[symbol], header->sizes[symbol]);
        bits_put(out, header->run_bits[i], extra_bits[symbol]);
    }
}
