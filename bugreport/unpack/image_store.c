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

/* Copies data that lie in one range. */
static int copy_data(const struct image_store *store, const struct extent *data,
                     unsigned char *bytes, struct failure *why)
{
    size_t i = extents_find(&store->ranges, data->offset);
    uint64_t at = store->starts[i] + (data->offset - store->ranges.list[i].offset);

    if (!store->bytes)
        return replay_read(store->replay, store->base + at, bytes, (size_t)data->size, why);
    memcpy(bytes, store->bytes + at, (size_t)data->size);
    return 0;
}

static int store_fetch(struct source *source, uint64_t offset, void *bytes, size_t size,
                       struct failure *why)
{
    const struct image_store *store = (const struct image_store *)source;
    uint64_t at = offset, end = offset + size;
    unsigned char *to = bytes;
    struct extent data;

    memset(to, 0, size);
    while (at < end && store_data(source, at, end, &data, why) > 0) {
        if (copy_data(store, &data, to + (data.offset - offset), why))
            return -1;
        at = data.offset + data.size;
    }
    return 0;
}

static const unsigned char *store_range(struct source *source, uint64_t offset, size_t size,
                                        struct failure *why)
{
    const struct image_store *store = (const struct image_store *)source;

    return store_fetch(source, offset, store->chunk, size, why) ? NULL : store->chunk;
}

static const struct source_kind store_kind = {
    .data = store_data, .range = store_range, .fetch = store_fetch};

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
                     bool keep, struct failure *why)
{
    *store = (struct image_store){.source = {.kind = &store_kind, .size = size}};
    sha256_init(&store->hash);
    grammar_begin(&store->reader, &store->grammar, size);
    if (copy_ranges(store, ranges, why))
        return -1;
    store->chunk = malloc(SOURCE_CHUNK);
    if (!store->chunk)
        return failure_set_errno(why, ENOMEM, "cannot keep an image");
    if (store->capacity == 0 || !keep)
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

void image_store_feed(struct image_store *store, struct audit_feed *feed)
{
    store->feed = feed;
    if (feed)
        audit_feed_begin(feed, store->source.size);
}

/* The part that belongs to the range under way; returns how much that is, 0 failed. */
static size_t add_to_range(struct image_store *store, const unsigned char *bytes, size_t size,
                           struct failure *why)
{
    const struct extent *range = &store->ranges.list[store->filling];
    uint64_t done = store->used - store->starts[store->filling], left = range->size - done;
    size_t part = size < left ? size : (size_t)left;

    if (store->bytes)
        memcpy(store->bytes + store->used, bytes, part);
    if (grammar_take(&store->reader, range->offset + done, bytes, part, why))
        return 0;
    if (store->feed)
        audit_feed_take(store->feed, range->offset + done, bytes, part);
    store->used += part;
    store->filling += part == left;
    return part;
}

int image_store_add(struct image_store *store, const unsigned char *bytes, size_t size,
                    struct failure *why)
{
    sha256_update(&store->hash, size, bytes);
    while (size > 0) {
        size_t part = add_to_range(store, bytes, size, why);

        if (part == 0)
            return -1;
        bytes += part;
        size -= part;
    }
    return 0;
}

int image_store_end(struct image_store *store, struct failure *why)
{
    if (store->feed)
        audit_feed_end(store->feed);
    return grammar_end(&store->reader, &store->ranges, why);
}

void image_store_replay(struct image_store *store, struct replay *replay, uint64_t base)
{
    store->replay = replay;
    store->base = base;
}

void image_store_digest(struct image_store *store, char hex[SINK_HEX_SIZE])
{
    sink_hex(&store->hash, hex);
}

void image_store_free(struct image_store *store)
{
    if (store->bytes)
        munmap(store->bytes, store->capacity);
    grammar_free(&store->reader);
    replay_close(store->replay);
    extents_free(&store->ranges);
    free(store->starts);
    free(store->chunk);
    *store = (struct image_store){0};
}
