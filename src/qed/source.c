/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/source.h"

#include <inttypes.h>
#include <string.h>

#include "base/checked.h"

int source_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                struct failure *why)
{
    if (end > source->size)
        end = source->size;
    if (from >= end)
        return 0;
    return source->kind->data(source, from, end, found, why);
}

static int check_range(const struct source *source, uint64_t offset, size_t size,
                       struct failure *why)
{
    if (size <= SOURCE_CHUNK && range_inside(offset, size, source->size))
        return 0;
    return failure_set(why, "offset 0x%" PRIx64 ": %zu bytes asked for, the image has %" PRIu64,
                       offset, size, source->size);
}

const unsigned char *source_range(struct source *source, uint64_t offset, size_t size,
                                  struct failure *why)
{
    if (check_range(source, offset, size, why))
        return NULL;
    return source->kind->range(source, offset, size, why);
}

bool source_unreadable(const struct source *source, uint64_t from, uint64_t end,
                       struct extent *found)
{
    const struct extents *unreadable = &source->unreadable;
    size_t i = extents_find(unreadable, from);
    uint64_t stop;

    if (i == unreadable->count || unreadable->list[i].offset >= end)
        return false;
    found->offset = unreadable->list[i].offset > from ? unreadable->list[i].offset : from;
    stop = unreadable->list[i].offset + unreadable->list[i].size;
    found->size = (stop < end ? stop : end) - found->offset;
    return true;
}

int source_fetch(struct source *source, uint64_t offset, void *bytes, size_t size,
                 struct failure *why)
{
    if (check_range(source, offset, size, why))
        return -1;
    return source->kind->fetch(source, offset, bytes, size, why);
}

void source_advise(struct source *source, uint64_t offset, uint64_t size)
{
    if (source->kind->advise && offset < source->size)
        source->kind->advise(source, offset, size);
}

/* A range of data begins on a multiple of 8, which can be before what was asked for. */
static int copy_data(struct source *source, const struct extent *data, uint64_t offset,
                     unsigned char *to, struct failure *why)
{
    uint64_t start = data->offset > offset ? data->offset : offset;
    size_t size = (size_t)(data->offset + data->size - start);
    const unsigned char *from;

    if (source_can_fetch(source) && source->unreadable.count == 0 &&
        !source_fetch(source, start, to + (start - offset), size, &(struct failure){0}))
        return 0;
    from = source_range(source, start, size, why);
    if (!from)
        return -1;
    memcpy(to + (start - offset), from, size);
    return 0;
}

int source_read(struct source *source, uint64_t offset, void *bytes, size_t size,
                struct failure *why)
{
    unsigned char *to = bytes;
    uint64_t at = offset, end;
    struct extent data;
    int found = 0;

    if (!checked_add(offset, size, &end))
        return failure_set(why, "offset 0x%" PRIx64 ": no such place", offset);
    while ((found = source_data(source, at, end, &data, why)) > 0) {
        if (data.offset > at)
            memset(to + (at - offset), 0, data.offset - at);
        if (copy_data(source, &data, offset, to, why))
            return -1;
        at = data.offset + data.size;
    }
    memset(to + (at - offset), 0, end - at);
    return found;
}
