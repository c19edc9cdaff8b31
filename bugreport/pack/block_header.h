/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_BLOCK_HEADER_H
#define BUGREPORT_PACK_BLOCK_HEADER_H

#include "bugreport/pack/bits.h"

/*
 * The header of a dynamic block (RFC 1951, 3.2.7), which tells the sizes of its codes: first those
 * of all symbols for literals and lengths, then those of some distances.
 */
#define BLOCK_HEADER_SYMBOLS   286
#define BLOCK_HEADER_DISTANCES 8
#define BLOCK_HEADER_SIZES     (BLOCK_HEADER_SYMBOLS + BLOCK_HEADER_DISTANCES)

/*
 * The sizes in shorthand: a size as it is, or one of three symbols for a run, whose length follows.
 * The shorthand is written in a code of its own, the sizes of which come first.
 */
struct block_header {
    uint8_t symbols[BLOCK_HEADER_SIZES], run_bits[BLOCK_HEADER_SIZES];
    size_t count;
    uint8_t sizes[19];
    size_t sizes_told; /* in the order that the RFC gives */
};

void block_header_make(struct block_header *header, const uint8_t sizes[BLOCK_HEADER_SIZES]);

/* How many bits it takes. */
uint64_t block_header_size(const struct block_header *header);

/* Writes it, for a block that is not the last one. */
void block_header_put(const struct block_header *header, struct bits *out);

#endif
