/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/claims.h"

#include "base/bytes.h"

#define WORD_BITS  64u
#define BLOCK_BITS CLAIMS_BLOCK_BITS
#define NEARBY     65536

static unsigned char *block_for(struct claims *claims, uint64_t number, struct failure *why)
{
    unsigned char *block = claims_block(claims, number);

    if (!block)
        claims_no_memory(claims->limit, why);
    return block;
}

/* The lowest count bits of a word from bit first on. */
static uint64_t mask_of(unsigned first, uint64_t count)
{
    uint64_t bits = count >= WORD_BITS ? UINT64_MAX : (UINT64_C(1) << count) - 1;

    return bits << first;
}

/* Length of the part of a word from bit first on that is all set or all clear. */
static uint64_t uniform_bits(uint64_t word, unsigned first, bool *set)
{
    uint64_t rest = word >> first;
    unsigned width = WORD_BITS - first;
    unsigned length;

    *set = rest & 1;
    if (*set)
        rest = ~rest;
    length = rest ? (unsigned)__builtin_ctzll(rest) : width;
    return length < width ? length : width;
}

/* Where the 64 numbers of a block stand that number is one of: bit n % 64 of a word is n. */
static size_t word_place(uint64_t number)
{
    return (size_t)(number % BLOCK_BITS / WORD_BITS) * sizeof(uint64_t);
}

/* The part inside one word; see claims_take(). */
static uint64_t take_in_word(struct claims *claims, unsigned char *block, uint64_t number,
                             uint64_t count, bool *taken)
{
    unsigned char *place = &block[word_place(number)];
    uint64_t word = bytes_load64(place);
    unsigned first = number % WORD_BITS;
    uint64_t length = uniform_bits(word, first, taken);

    if (length > count)
        length = count;
    if (!*taken) {
        bytes_store64(place, word | mask_of(first, length));
        claims->claimed += length;
    }
    return length;
}

uint64_t claims_take(struct claims *claims, uint64_t number, uint64_t count, bool *taken,
                     struct failure *why)
{
    uint64_t done = 0;

    while (done < count) {
        uint64_t at = number + done;
        unsigned char *block = block_for(claims, at, why);
        bool part_taken;
        uint64_t in_word;

        if (!block)
            return 0;
        if (done > 0 && claims_holds(claims, at) != *taken)
            break;
        in_word = take_in_word(claims, block, at, count - done, &part_taken);
        *taken = part_taken;
        done += in_word;
    }
    return done;
}

int claims_take_all(struct claims *claims, uint64_t number, uint64_t count, uint64_t *taken,
                    struct failure *why)
{
    while (count > 0) {
        bool part_taken;
        uint64_t part = claims_take(claims, number, count, &part_taken, why);

        if (part == 0)
            return -1;
        if (part_taken)
            *taken += part;
        number += part;
        count -= part;
    }
    return 0;
}

/* Sets bits of one block. */
static void set_bits(unsigned char *block, uint64_t first, uint64_t count)
{
    while (count > 0) {
        unsigned char *place = &block[word_place(first)];
        uint64_t room = WORD_BITS - first % WORD_BITS;
        uint64_t part = count < room ? count : room;

        bytes_store64(place, bytes_load64(place) | mask_of(first % WORD_BITS, part));
        first += part;
        count -= part;
    }
}

bool claims_set_range(struct claims *claims, uint64_t number, uint64_t count)
{
    while (count > 0) {
        uint64_t first = number % BLOCK_BITS;
        uint64_t part = count < BLOCK_BITS - first ? count : BLOCK_BITS - first;
        unsigned char *block = claims_block(claims, number);

        if (!block)
            return false;
        set_bits(block, first, part);
        number += part;
        count -= part;
    }
    return true;
}

static uint64_t word_at(const struct claims *claims, uint64_t number)
{
    const unsigned char *block = claims->blocks[number / BLOCK_BITS];

    return block ? bytes_load64(&block[word_place(number)]) : 0;
}

uint64_t claims_count_part(const struct claims *claims, uint64_t first, uint64_t count)
{
    uint64_t sum = 0, end = first + count;

    while (first < end) {
        uint64_t mask = mask_of(first % WORD_BITS, end - first);

        sum += (uint64_t)__builtin_popcountll(word_at(claims, first) & mask);
        first += WORD_BITS - first % WORD_BITS;
    }
    return sum;
}

uint64_t claims_count(struct claims *claims)
{
    claims->claimed = 0;
    for (size_t i = 0; i < claims->used_count; i++)
        claims->claimed += claims_count_part(claims, claims->used[i] * BLOCK_BITS, BLOCK_BITS);
    return claims->claimed;
}

bool claims_holds(const struct claims *claims, uint64_t number)
{
    return word_at(claims, number) >> (number % WORD_BITS) & 1;
}

/*
 * The start of the first block that exists behind the one of number, or end. It is looked for
 * nearby first; the list of all blocks saves going through a directory of gigabytes.
 */
static uint64_t next_block(const struct claims *claims, uint64_t number, uint64_t end)
{
    uint64_t next = end / BLOCK_BITS + 1;

    for (uint64_t near = number / BLOCK_BITS + 1; near <= number / BLOCK_BITS + NEARBY; near++) {
        if (near * BLOCK_BITS >= end)
            return end;
        if (claims->blocks[near])
            return near * BLOCK_BITS;
    }

    for (size_t i = 0; i < claims->used_count; i++) {
        if (claims->used[i] > number / BLOCK_BITS && claims->used[i] < next)
            next = claims->used[i];
    }
    return next * BLOCK_BITS < end ? next * BLOCK_BITS : end;
}

/* The first number at or after from, below end, that is or is not a member; end if none. */
static uint64_t next_with(const struct claims *claims, uint64_t from, uint64_t end, bool member)
{
    while (from < end) {
        bool exists = claims->blocks[from / BLOCK_BITS];
        bool set = false;
        uint64_t same = exists ? uniform_bits(word_at(claims, from), from % WORD_BITS, &set) : 0;

        if (set == member)
            return from;
        from = exists ? from + same : next_block(claims, from, end);
    }
    return end;
}

bool claims_next_free(const struct claims *claims, uint64_t from, uint64_t end, uint64_t *first,
                      uint64_t *count)
{
    *first = next_with(claims, from, end, false);
    if (*first >= end)
        return false;
    *count = next_with(claims, *first, end, true) - *first;
    return true;
}
