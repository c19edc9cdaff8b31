/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/table.h"

#include <string.h>

#include "base/bytes.h"

static enum element_reason why_invalid(const struct geometry *geometry, enum table_level level,
                                       uint64_t value)
{
    if (value & (geometry->cluster_size - 1))
        return REASON_UNALIGNED;
    if (value < geometry->header_end)
        return REASON_IN_HEADER;
    if (value >= geometry->file_end)
        return REASON_BEYOND_END;
    return level == TABLE_L1 && !geometry_holds_table(geometry, value) ? REASON_CUT : REASON_NONE;
}

enum element_class table_classify(const struct geometry *geometry, enum table_level level,
                                  uint64_t value, enum element_reason *reason)
{
    enum element_reason because = REASON_NONE;
    enum element_class class;

    if (value == QED_UNALLOCATED) {
        class = ELEMENT_UNALLOCATED;
    } else if (value == QED_ZERO_CLUSTER && level == TABLE_L2) {
        class = ELEMENT_ZERO;
    } else {
        because = why_invalid(geometry, level, value);
        class = because == REASON_NONE ? ELEMENT_VALID : ELEMENT_INVALID;
    }
    if (reason)
        *reason = because;
    return class;
}

void table_begin(struct table_cursor *cursor, struct source *source,
                 const struct geometry *geometry, enum table_level level, uint64_t offset,
                 unsigned char *own)
{
    *cursor = (struct table_cursor){
        .source = source,
        .geometry = geometry,
        .level = level,
        .offset = offset,
        .own = own,
        .step = level == TABLE_L1 ? geometry->table_size : geometry->cluster_size,
    };
}

/* Passes over elements that are not in hand, as a run of their own. */
static int skip(struct table_cursor *cursor, enum element_class class, uint32_t count,
                struct run *run)
{
    *run = (struct run){.class = class, .index = cursor->index, .count = count};
    cursor->index = cursor->piece_end = cursor->index + count;
    return 0;
}

/*
 * Takes the elements of a range of data in hand, an incomplete last one by itself: 1, or 0 with
 * *run those at its beginning that cannot be read.
 */
static int take_piece(struct table_cursor *cursor, const struct extent *data, struct run *run,
                      struct failure *why)
{
    size_t size = data->size < SOURCE_CHUNK ? (size_t)data->size : SOURCE_CHUNK;
    size_t whole = size & ~(size_t)(QED_ELEMENT_SIZE - 1);
    struct extent lost;

    cursor->bytes = source_range(cursor->source, data->offset, whole ? whole : size, why);
    if (!cursor->bytes)
        return -1;
    if (source_unreadable(cursor->source, data->offset, data->offset + size, &lost)) {
        size_t before = (size_t)(lost.offset - data->offset) / QED_ELEMENT_SIZE;

        if (before == 0) {
            size_t upto = (size_t)(lost.offset + lost.size - data->offset);

            return skip(cursor, ELEMENT_UNREADABLE,
                        (uint32_t)((upto + QED_ELEMENT_SIZE - 1) / QED_ELEMENT_SIZE), run);
        }
        whole = before * QED_ELEMENT_SIZE;
    }
    if (!whole) {
        memset(cursor->last, 0, sizeof(cursor->last));
        memcpy(cursor->last, cursor->bytes, size);
        cursor->bytes = cursor->last;
        whole = QED_ELEMENT_SIZE;
    } else if (cursor->own) {
        memcpy(cursor->own, cursor->bytes, whole);
        cursor->bytes = cursor->own;
    }
    cursor->piece_end = cursor->index + (uint32_t)(whole / QED_ELEMENT_SIZE);
    return 1;
}

/* Goes on: 1 with a piece in hand, or 0 with *run the hole or the unreadable part before it. */
static int next_piece(struct table_cursor *cursor, struct run *run, struct failure *why)
{
    uint64_t from = cursor->offset + (uint64_t)cursor->index * QED_ELEMENT_SIZE;
    uint64_t end = cursor->offset + cursor->geometry->table_size;
    struct extent data;
    int found = source_data(cursor->source, from, end, &data, why);
    uint32_t next = cursor->geometry->nelems;

    if (found < 0)
        return -1;
    if (found && data.offset == from)
        return take_piece(cursor, &data, run, why);
    if (found)
        next = (uint32_t)((data.offset - cursor->offset) / QED_ELEMENT_SIZE);
    return skip(cursor, ELEMENT_UNALLOCATED, next - cursor->index, run);
}

/* How many elements from bytes on continue first by step each. */
static uint32_t count_run(const unsigned char *bytes, uint32_t most, uint64_t first, uint64_t step)
{
    uint32_t count = 1;
    uint64_t expected = first + step;

    while (count < most && bytes_load64(bytes + (size_t)count * QED_ELEMENT_SIZE) == expected) {
        expected += step;
        count++;
    }
    return count;
}

/*
 * Cuts a run where its elements stop being of the class and reason of the first. Valid ones rise
 * until they leave the file; invalid ones may rise from the header into the file or around 2^64.
 */
static uint32_t count_same_class(const struct table_cursor *cursor, const struct run *run)
{
    const struct geometry *geometry = cursor->geometry;
    uint64_t room;

    if (run->class == ELEMENT_VALID) {
        room = (geometry->file_end - run->value) / cursor->step;
        return room < run->count ? (uint32_t)room : run->count;
    }
    if (run->reason != REASON_UNALIGNED && run->reason != REASON_BEYOND_END)
        return 1;
    room = (UINT64_MAX - run->value) / cursor->step;
    return room < run->count - 1 ? (uint32_t)room + 1 : run->count;
}

static void scan_run(struct table_cursor *cursor, struct run *run)
{
    uint32_t most = cursor->piece_end - cursor->index;

    run->index = cursor->index;
    run->value = bytes_load64(cursor->bytes);
    run->class = table_classify(cursor->geometry, cursor->level, run->value, &run->reason);
    if (run->class == ELEMENT_UNALLOCATED || run->class == ELEMENT_ZERO) {
        run->count = count_run(cursor->bytes, most, run->value, 0);
    } else {
        run->count = count_run(cursor->bytes, most, run->value, cursor->step);
        run->count = count_same_class(cursor, run);
    }
    cursor->index += run->count;
    cursor->bytes += (size_t)run->count * QED_ELEMENT_SIZE;
}

int table_next(struct table_cursor *cursor, struct run *run, struct failure *why)
{
    if (cursor->index == cursor->piece_end) {
        int piece;

        if (cursor->index == cursor->geometry->nelems)
            return 0;
        piece = next_piece(cursor, run, why);
        if (piece <= 0)
            return piece < 0 ? -1 : 1;
    }
    scan_run(cursor, run);
    return 1;
}
