/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory of claims. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "qed/claims.h"

#define BLOCK_BITS CLAIMS_BLOCK_BITS
#define BLOCK_SIZE (BLOCK_BITS / 8)
#define FIRST_SLAB ((size_t)16 * 1024)
#define HUGE_PAGE  ((size_t)2 * 1024 * 1024)

int claims_no_memory(uint64_t limit, struct failure *why)
{
    return failure_set_errno(why, ENOMEM, "cannot keep account of %" PRIu64 " clusters", limit);
}

static uint64_t block_count(const struct claims *claims)
{
    return claims->limit / BLOCK_BITS + 1;
}

/* Zeroed memory, of which only what is written to costs some; zeros_free() wants its size too. */
static void *zeros_new(size_t size)
{
    void *zeros;

    if (size < HUGE_PAGE)
        return calloc(1, size);
    zeros = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
    return zeros == MAP_FAILED ? NULL : zeros;
}

static void zeros_free(void *zeros, size_t size)
{
    if (size < HUGE_PAGE)
        free(zeros);
    else if (zeros)
        munmap(zeros, size);
}

static size_t list_size(const struct claims *claims)
{
    return (size_t)block_count(claims) * sizeof(*claims->blocks);
}

/* A multiple of a huge page: Linux puts a mapping of such a size where it can use them. */
static size_t flat_size(const struct claims *claims)
{
    size_t size = (size_t)block_count(claims) * BLOCK_SIZE;

    return size < HUGE_PAGE ? size : (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

/* How much of it is to be in huge pages: not the last one, which would be part empty. */
static size_t huge_size(const struct claims *claims)
{
    return (size_t)block_count(claims) * BLOCK_SIZE / HUGE_PAGE * HUGE_PAGE;
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

static bool add_flat_blocks(struct claims *claims)
{
    size_t count = (size_t)block_count(claims);

    claims->flat = zeros_new(flat_size(claims));
    if (!claims->flat || !grow_used(claims, count))
        return false;
    if (huge_size(claims) > 0)
        madvise(claims->flat, huge_size(claims), MADV_HUGEPAGE);
    for (; claims->used_count < count; claims->used_count++) {
        claims->used[claims->used_count] = claims->used_count;
        claims->blocks[claims->used_count] = claims->flat + claims->used_count * BLOCK_SIZE;
    }
    return true;
}

int claims_init(struct claims *claims, uint64_t limit, struct failure *why)
{
    *claims = (struct claims){.limit = limit};
    claims->blocks = zeros_new(list_size(claims));
    if (claims->blocks && (limit > CLAIMS_FLAT_LIMIT || add_flat_blocks(claims)))
        return 0;
    claims_free(claims);
    return claims_no_memory(limit, why);
}

void claims_free(struct claims *claims)
{
    if (!claims->blocks)
        return;
    for (size_t i = 0; i < claims->slab_count; i++)
        free(claims->slabs[i]);
    free(claims->slabs);
    free(claims->used);
    if (claims->flat)
        zeros_free(claims->flat, flat_size(claims));
    zeros_free(claims->blocks, list_size(claims));
    *claims = (struct claims){0};
}

static bool grow_slabs(struct claims *claims, size_t more)
{
    unsigned char **slabs;

    if (more == 0)
        return true;
    slabs = reallocarray(claims->slabs, claims->slab_count + more, sizeof(*claims->slabs));
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

unsigned char *claims_block(struct claims *claims, uint64_t number)
{
    unsigned char *block = claims->blocks[number / BLOCK_BITS];

    return block ? block : add_block(claims, number);
}

/* Pages without a member are not written to. */
static void unite(unsigned char *block, const unsigned char *other)
{
    uint64_t any = 0;

    for (size_t i = 0; i < BLOCK_SIZE; i += sizeof(any))
        any |= bytes_load64(other + i);
    for (size_t i = 0; any && i < BLOCK_SIZE; i++)
        block[i] |= other[i];
}

/* Blocks that only the other set has go on to be used, and all its slabs change their owner. */
int claims_merge(struct claims *claims, struct claims *from, struct failure *why)
{
    if (!grow_used(claims, from->used_count) || !grow_slabs(claims, from->slab_count))
        return claims_no_memory(claims->limit, why);
    for (size_t i = 0; i < from->used_count; i++) {
        uint64_t index = from->used[i];

        if (claims->blocks[index]) {
            unite(claims->blocks[index], from->blocks[index]);
        } else {
            claims->blocks[index] = from->blocks[index];
            claims->used[claims->used_count++] = index;
        }
    }
    for (size_t i = 0; i < from->slab_count; i++)
        claims->slabs[claims->slab_count++] = from->slabs[i];
    from->slab_count = 0;
    claims_free(from);
    return 0;
}
