/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_MEMORY_SOURCE_H
#define UNIT_MEMORY_SOURCE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "qed/source.h"

/*
 * A source in memory. Whole grains of zeros are holes, and so is what lies behind the stored bytes,
 * so that a small test can pretend to be a huge file. It keeps source_range()'s promise and not a
 * bit more: the bytes handed out are exactly as many as were asked for, and are freed by the next
 * call, for the address sanitizer to notice who reads further or later.
 */
struct memory_source {
    struct source source;
    unsigned char *bytes;
    uint64_t stored;
    uint64_t grain;      /* bytes, a multiple of 8; 0: no holes */
    uint64_t most;       /* longest range of data in one piece, a multiple of 8; 0: no limit */
    uint64_t calls_left; /* until source_range() fails */
    struct extent lost;  /* what cannot be read */
    unsigned char *handed;
};

static inline struct memory_source *memory_source_of(struct source *source)
{
    return (struct memory_source *)source;
}

static inline bool memory_source_is_hole(const struct memory_source *memory, uint64_t offset)
{
    uint64_t start, end;

    if (memory->grain == 0)
        return false;
    if (offset >= memory->stored)
        return true;
    start = offset / memory->grain * memory->grain;
    end = start + memory->grain < memory->stored ? start + memory->grain : memory->stored;
    return memory->bytes[start] == 0 &&
           !memcmp(memory->bytes + start, memory->bytes + start + 1, (size_t)(end - start - 1));
}

static inline uint64_t memory_source_next_grain(const struct memory_source *memory, uint64_t offset)
{
    return memory->grain ? (offset / memory->grain + 1) * memory->grain : UINT64_MAX;
}

static inline int memory_source_data(struct source *source, uint64_t from, uint64_t end,
                                     struct extent *found, struct failure *why)
{
    const struct memory_source *memory = memory_source_of(source);
    uint64_t stop;

    (void)why;
    while (from < end && memory_source_is_hole(memory, from)) {
        if (from >= memory->stored)
            return 0;
        from = memory_source_next_grain(memory, from);
    }
    if (from >= end)
        return 0;
    for (stop = from; stop < end && !memory_source_is_hole(memory, stop);)
        stop = memory_source_next_grain(memory, stop);
    if (stop > end)
        stop = end;
    if (memory->most && stop - from > memory->most)
        stop = from + memory->most;
    *found = (struct extent){from, stop - from};
    return 1;
}

/* Zeros in the place of what cannot be read, and an entry for it. */
static inline int memory_source_lose(struct memory_source *memory, uint64_t offset, size_t size,
                                     struct failure *why)
{
    const struct extent *lost = &memory->lost;
    uint64_t from = lost->offset > offset ? lost->offset : offset;
    uint64_t end = offset + size, lost_end = lost->offset + lost->size;

    if (end > lost_end)
        end = lost_end;
    if (from >= end)
        return 0;
    memset(memory->handed + (from - offset), 0, (size_t)(end - from));
    if (extents_add(&memory->source.unreadable, from, end - from, why))
        return -1;
    extents_sort(&memory->source.unreadable);
    return 0;
}

static inline const unsigned char *memory_source_range(struct source *source, uint64_t offset,
                                                       size_t size, struct failure *why)
{
    struct memory_source *memory = memory_source_of(source);
    uint64_t stored = offset < memory->stored ? memory->stored - offset : 0;

    if (memory->calls_left-- == 0) {
        failure_set(why, "out of calls");
        return NULL;
    }
    free(memory->handed);
    memory->handed = calloc(1, size ? size : 1);
    if (memory->handed && stored)
        memcpy(memory->handed, memory->bytes + offset, stored < size ? (size_t)stored : size);
    if (memory_source_lose(memory, offset, size, why))
        return NULL;
    return memory->handed;
}

static const struct source_kind memory_source_kind = {.data = memory_source_data,
                                                      .range = memory_source_range};

static inline int memory_source_fetch(struct source *source, uint64_t offset, void *bytes,
                                      size_t size, struct failure *why)
{
    const struct memory_source *memory = memory_source_of(source);
    uint64_t stored = offset < memory->stored ? memory->stored - offset : 0;

    if (memory->calls_left == 0 ||
        (offset < memory->lost.offset + memory->lost.size && memory->lost.offset < offset + size))
        return failure_set(why, "out of calls, or lost");
    memset(bytes, 0, size);
    if (stored)
        memcpy(bytes, memory->bytes + offset, stored < size ? (size_t)stored : size);
    return 0;
}

static inline void memory_source_advise(struct source *source, uint64_t offset, uint64_t size)
{
    if (offset >= source->size || size == 0)
        abort();
}

/* The same with the quick ways. */
static const struct source_kind memory_source_quick_kind = {
    memory_source_data, memory_source_range, memory_source_fetch, memory_source_advise};

/* size bytes, of which the first stored ones are kept, zeros at first. */
static inline void memory_source_init(struct memory_source *memory, uint64_t size, size_t stored)
{
    *memory = (struct memory_source){.source = {.kind = &memory_source_kind, .size = size},
                                     .bytes = calloc(1, stored ? stored : 1),
                                     .stored = stored,
                                     .grain = 8,
                                     .calls_left = UINT64_MAX};
}

static inline void memory_source_free(struct memory_source *memory)
{
    extents_free(&memory->source.unreadable);
    free(memory->bytes);
    free(memory->handed);
}

#endif
