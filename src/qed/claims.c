/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/claims.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"

#define WORD_BITS  64u
#define BLOCK_BITS CLAIMS_BLOCK_BITS
#define BLOCK_SIZE (BLOCK_BITS / 8)
#define NEARBY     65536
#define FIRST_SLAB ((size_t)16 * 1024)
#define HUGE_PAGE  ((size_t)2 * 1024 * 1024)

static uint64_t block_count(const struct claims *claims)
{
    return claims->limit / BLOCK_BITS + 1;
}

/*
 * The list of blocks is an anonymous mapping: for the largest files it would take gigabytes, of
 * which only the pages that are written to cost memory.
 */
int claims_init(struct claims *claims, uint64_t limit, struct failure *why)
{
    void *blocks;

    *claims = (struct claims){.limit = limit};
    blocks = mmap(NULL, (size_t)block_count(claims) * sizeof(*claims->blocks),
                  PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (blocks == MAP_FAILED)
        return failure_set_errno(why, errno, "cannot keep account of %" PRIu64 " clusters", limit);
    claims->blocks = blocks;
    return 0;
}

void claims_free(struct claims *claims)
{
    if (!claims->blocks)
        return;
    for (size_t i = 0; i < claims->slab_count; i++)
        free(claims->slabs[i]);
    free(claims->slabs);
    free(claims->used);
    munmap(claims->blocks, (size_t)block_count(claims) * sizeof(*claims->blocks));
    *claims = (struct claims){0};
}

/* Makes room to note more blocks. */
static bool grow_used(struct claims *claims, size_t more)
{
    size_t capacity = claims->used_capacity ? claims->used_capacity * 2 : 16;
    uint64_t *used;

    if (claims->used_count + more <= claims->used_capacity)
        return true;
    if (capacity < claims->used_count + more)
        capacity = claims->used_count + more;
    used = reallocarray(claims->used, capacity, sizeof(*used));
    if (!used)
        return false;
    claims->used = used;
    claims->used_capacity = capacity;
    return true;
}

static bool grow_slabs(struct claims *claims, size_t more)
{
    unsigned char **slabs =
        reallocarray(claims->slabs, claims->slab_count + more, sizeof(*claims->slabs));

    if (!slabs)
        return false;
    claims->slabs = slabs;
    return true;
}

/* Zeroed memory; where claims are many and scattered it helps if they are in few large pages. */
static unsigned char *make_slab(size_t size)
{
    unsigned char *slab;

    if (size < HUGE_PAGE)
        return calloc(1, size);
    slab = aligned_alloc(HUGE_PAGE, size);
    if (!slab)
        return NULL;
    madvise(slab, size, MADV_HUGEPAGE);
    return memset(slab, 0, size);
}

/* Each slab is twice as large as the one before, as long as they are not huge. */
static bool add_slab(struct claims *claims)
{
    size_t size = FIRST_SLAB;

    for (size_t i = 0; i < claims->slab_count && size < HUGE_PAGE; i++)
        size *= 2;
    if (!grow_slabs(claims, 1))
        return false;
    claims->rest = make_slab(size);
    if (!claims->rest)
        return false;
    claims->rest_blocks = size / BLOCK_SIZE;
    claims->slabs[claims->slab_count++] = claims->rest;
    return true;
}

/* Makes the block that number belongs to; NULL if memory ran out. */
static unsigned char *add_block(struct claims *claims, uint64_t number)
{
    uint64_t index = number / BLOCK_BITS;

    if (!grow_used(claims, 1) || (claims->rest_blocks == 0 && !add_slab(claims)))
        return NULL;
    claims->blocks[index] = claims->rest;
    claims->rest += BLOCK_SIZE;
    claims->rest_blocks--;
    claims->used[claims->used_count++] = index;
    return claims->blocks[index];
}

bool claims_set_new(struct claims *claims, uint64_t number)
{
    return add_block(claims, number) && claims_set_known(claims->blocks, number);
}

static int no_memory(const struct claims *claims, struct failure *why)
{
    return failure_set_errno(why, ENOMEM, "cannot keep account of %" PRIu64 " clusters",
                             claims->limit);
}

/* The block that number belongs to; NULL if memory ran out. */
static unsigned char *block_for(struct claims *claims, uint64_t number, struct failure *why)
{
    unsigned char *block = claims->blocks[number / BLOCK_BITS];

    if (!block)
        block = add_block(claims, number);
    if (!block)
        no_memory(claims, why);
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
        unsigned char *block = claims->blocks[number / BLOCK_BITS];

        if (!block)
            block = add_block(claims, number);
        if (!block)
            return false;
        set_bits(block, first, part);
        number += part;
        count -= part;
    }
    return true;
}

static void unite(unsigned char *block, const unsigned char *other)
{
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        block[i] |= other[i];
}

/* Blocks that only the other set has go on to be used, and all its slabs change their owner. */
int claims_merge(struct claims *claims, struct claims *from, struct failure *why)
{
    if (from->used_count == 0)
        return 0;
    if (!grow_used(claims, from->used_count) || !grow_slabs(claims, from->slab_count))
        return no_memory(claims, why);
    for (; from->used_count > 0; from->used_count--) {
        uint64_t index = from->used[from->used_count - 1];

        if (claims->blocks[index]) {
            unite(claims->blocks[index], from->blocks[index]);
        } else {
            claims->blocks[index] = from->blocks[index];
            claims->used[claims->used_count++] = index;
        }
        from->blocks[index] = NULL;
    }
    memcpy(claims->slabs + claims->slab_count, from->slabs,
           from->slab_count * sizeof(*from->slabs));
    claims->slab_count += from->slab_count;
    from->slab_count = from->rest_blocks = 0;
    from->claimed = 0;
    return 0;
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
