/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/extents.h"

#include <errno.h>
#include <stdlib.h>

static int grow(struct extents *extents, struct failure *why)
{
    size_t capacity = extents->capacity ? extents->capacity * 2 : 16;
    struct extent *list = reallocarray(extents->list, capacity, sizeof(*list));

    if (!list)
        return failure_set_errno(why, ENOMEM, "cannot keep %zu extents", capacity);
    extents->list = list;
    extents->capacity = capacity;
    return 0;
}

static uint64_t end_of(const struct extent *extent)
{
    return extent->offset + extent->size;
}

/* Unites next with last where they touch; false leaves both as they are. */
static bool unite(struct extent *last, uint64_t offset, uint64_t size)
{
    uint64_t end = offset + size;

    if (offset < last->offset || offset > end_of(last))
        return false;
    if (end > end_of(last))
        last->size = end - last->offset;
    return true;
}

int extents_add(struct extents *extents, uint64_t offset, uint64_t size, struct failure *why)
{
    if (size == 0)
        return 0;
    if (extents->count && unite(&extents->list[extents->count - 1], offset, size))
        return 0;
    if (extents->count == extents->capacity && grow(extents, why))
        return -1;
    extents->list[extents->count++] = (struct extent){offset, size};
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct extent *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

void extents_sort(struct extents *extents)
{
    size_t kept = 0;

    if (extents->count == 0)
        return;
    qsort(extents->list, extents->count, sizeof(*extents->list), compare);
    for (size_t i = 1; i < extents->count; i++) {
        const struct extent *next = &extents->list[i];

        if (!unite(&extents->list[kept], next->offset, next->size))
            extents->list[++kept] = *next;
    }
    extents->count = kept + 1;
}

size_t extents_find(const struct extents *extents, uint64_t offset)
{
    size_t low = 0, high = extents->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (end_of(&extents->list[middle]) > offset)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

uint64_t extents_total(const struct extents *extents)
{
    uint64_t total = 0;

    for (size_t i = 0; i < extents->count; i++)
        total += extents->list[i].size;
    return total;
}

void extents_free(struct extents *extents)
{
    free(extents->list);
    *extents = (struct extents){0};
}
