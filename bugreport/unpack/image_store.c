/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/image_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int store_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                      struct failure *why)
{
    const struct image_store *store = (const struct image_store *)source;
    size_t i = extents_find(&store->ranges, from);
    const struct extent *range = &store->ranges.list[i];
    uint64_t stop;

    (void)why;
    if (i == store->ranges.count || range->offset >= end)
        return 0;
    stop = range->offset + range->size < end ? range->offset + range->size : end;
    found->offset = range->offset > from ? range->offset : from;
    found->size = stop - found->offset;
    return 1;
}

static const unsigned char *store_range(struct source *source, uint64_t offset, size_t size,
                                        struct failure *why)
{
    const struct image_store *store = (const struct image_store *)source;
    size_t i = extents_find(&store->ranges, offset);
    uint64_t at = offset, end = offset + size;
    struct extent data;

    if (i < store->ranges.count && store->ranges.list[i].offset <= offset &&
        end - store->ranges.list[i].offset <= store->ranges.list[i].size)
        return store->bytes + store->starts[i] + (offset - store->ranges.list[i].offset);
    memset(store->chunk, 0, size);
    while (at < end && store_data(source, at, end, &data, why) > 0) {
        i = extents_find(&store->ranges, data.offset);
        memcpy(store->chunk + (data.offset - offset),
               store->bytes + store->starts[i] + (data.offset - store->ranges.list[i].offset),
               (size_t)data.size);
        at = data.offset + data.size;
    }
    return store->chunk;
}

static const struct source_kind store_kind = {.data = store_data, .range = store_range};

static int copy_ranges(struct image_store *store, const struct extents *ranges, struct failure *why)
{
    store->starts = calloc(ranges->count + 1, sizeof(*store->starts));
    if (!store->starts)
        return failure_set_errno(why, ENOMEM, "cannot keep an image");
    for (size_t i = 0; i < ranges->count; i++) {
        store->starts[i] = store->capacity;
        store->capacity += ranges->list[i].size;
        if (extents_add(&store->ranges, ranges->list[i].offset, ranges->list[i].size, why))
            return -1;
    }
    return 0;
}

int image_store_init(struct image_store *store, uint64_t size, const struct extents *ranges,
                     struct failure *why)
{
    *store = (struct image_store){.source = {&store_kind, size}};
    if (copy_ranges(store, ranges, why))
        return -1;
    store->chunk = malloc(SOURCE_CHUNK);
    if (!store->chunk)
        return failure_set_errno(why, ENOMEM, "cannot keep an image");
    if (store->capacity == 0)
        return 0;
    store->bytes = mmap(NULL, store->capacity, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (store->bytes == MAP_FAILED) {
        store->bytes = NULL;
        return failure_set_errno(why, ENOMEM, "cannot keep %" PRIu64 " bytes of tables",
                                 store->capacity);
    }
    return 0;
}

void image_store_add(struct image_store *store, const unsigned char *bytes, size_t size)
{
    memcpy(store->bytes + store->used, bytes, size);
    store->used += size;
}

void image_store_free(struct image_store *store)
{
    if (store->bytes)
        munmap(store->bytes, store->capacity);
    extents_free(&store->ranges);
    free(store->starts);
    free(store->chunk);
    *store = (struct image_store){0};
}
