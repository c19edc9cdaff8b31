/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_CLAIMS_H
#define QED_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/*
 * Which clusters have an owner: a set of cluster numbers below a limit, one bit each, bit n % 8 of
 * byte n / 8. It is kept in blocks. Up to a limit they all exist, one behind the other, in memory
 * that is there as soon as it is written to. Above, a block is made when one of its numbers is
 * claimed, so that memory grows with the clusters in use and not with the size that a file or a
 * header pretends to have.
 */
struct claims {
    uint64_t limit;      /* numbers are below */
    uint64_t claimed;    /* how many are in the set, but for those that claims_set() put there */
    unsigned char *flat; /* all blocks, NULL above the limit */
    unsigned char **blocks;
    uint64_t *used; /* indices of the blocks that exist */
    size_t used_count, used_capacity;
    unsigned char **slabs; /* what blocks are cut from */
    size_t slab_count;
    unsigned char *rest; /* of the last slab */
    size_t rest_blocks;
};

/* Numbers of a block: a lone one costs 4 KiB, and the list of blocks of 4 TiB fits into a cache. */
#define CLAIMS_BLOCK_BITS (UINT64_C(1) << 15)

/* Up to so many numbers all blocks exist: 16 MiB, a file of 8 TiB with clusters of 64 KiB. */
#define CLAIMS_FLAT_LIMIT (UINT64_C(1) << 27)

int claims_init(struct claims *claims, uint64_t limit, struct failure *why);
void claims_free(struct claims *claims);

/*
 * Claims the longest part of [number, number + count) from number on whose members were all free
 * before, or all taken. Says which in *taken and returns the length of the part, 0 if memory ran
 * out (*why is filled). count > 0, and the range lies below the limit.
 */
uint64_t claims_take(struct claims *claims, uint64_t number, uint64_t count, bool *taken,
                     struct failure *why);

/* Claims all of a range and adds to *taken how many of its members were taken before. */
int claims_take_all(struct claims *claims, uint64_t number, uint64_t count, uint64_t *taken,
                    struct failure *why);

/*
 * The quick way in, for who claims millions and asks afterwards whether any was claimed twice: puts
 * numbers into the set without a look at what was there. False if memory ran out.
 */
static inline bool claims_set(struct claims *claims, uint64_t number);
bool claims_set_range(struct claims *claims, uint64_t number, uint64_t count);

/* The block that a number belongs to, made if need be; NULL if memory ran out. */
unsigned char *claims_block(struct claims *claims, uint64_t number);

/* Says that memory ran out for claims of that limit; -1. */
int claims_no_memory(uint64_t limit, struct failure *why);

/* Begins to fetch what claims_set() of a number will need; any number may be given. */
static inline void claims_prefetch(const struct claims *claims, uint64_t number);

/*
 * Adds all members of another set of the same limit, which is then freed; -1, and nothing happened,
 * if memory ran out.
 */
int claims_merge(struct claims *claims, struct claims *from, struct failure *why);

/* How many members there are from first on; all count numbers belong to one block. */
uint64_t claims_count_part(const struct claims *claims, uint64_t first, uint64_t count);

/* Counts the members anew, which is due after claims_set(); returns claims->claimed. */
uint64_t claims_count(struct claims *claims);

bool claims_holds(const struct claims *claims, uint64_t number);

/*
 * Finds the first free range at or after from and below end (at most the limit). False if there is
 * none.
 */
bool claims_next_free(const struct claims *claims, uint64_t from, uint64_t end, uint64_t *first,
                      uint64_t *count);

/* claims_set() for who knows that the blocks are flat, or gives one block and a number in it. */
static inline void claims_set_flat(unsigned char *flat, uint64_t number)
{
    flat[number / 8] |= (unsigned char)(1u << number % 8);
}

static inline bool claims_set(struct claims *claims, uint64_t number)
{
    unsigned char *block = claims->blocks[number / CLAIMS_BLOCK_BITS];

    if (!block)
        return claims_set_range(claims, number, 1);
    claims_set_flat(block, number % CLAIMS_BLOCK_BITS);
    return true;
}

static inline void claims_prefetch(const struct claims *claims, uint64_t number)
{
    const unsigned char *block;

    if (number >= claims->limit)
        return;
    block = claims->blocks[number / CLAIMS_BLOCK_BITS];
    if (block)
        __builtin_prefetch(&block[number % CLAIMS_BLOCK_BITS / 8], 1);
}

#endif
