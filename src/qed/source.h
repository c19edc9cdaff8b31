/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SOURCE_H
#define QED_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "qed/extents.h"

/*
 * What an image looks like to the rest of the library: a size, ranges of data with holes between
 * them, and bytes. A mapped file is one (map.h), a scrubbed view of another source is one
 * (scrub.h).
 *
 * source_range() is the one gate that turns (offset, size) into a pointer.
 */
struct source;

struct source_kind {
    /* See source_data(); from < end <= size holds. */
    int (*data)(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                struct failure *why);
    /* See source_range(); the range has been checked. */
    const unsigned char *(*range)(struct source *source, uint64_t offset, size_t size,
                                  struct failure *why);
    /* Both optional: see source_fetch() and source_advise(); the range has been checked. */
    int (*fetch)(struct source *source, uint64_t offset, void *bytes, size_t size,
                 struct failure *why);
    void (*advise)(struct source *source, uint64_t offset, uint64_t size);
};

struct source {
    const struct source_kind *kind;
    uint64_t size;             /* bytes */
    struct extents unreadable; /* what could not be read so far, sorted */
    int error;                 /* errno of the first of it; 0: the file is shorter than size */
};

/* The most that one call of source_range() hands out, in bytes. */
#define SOURCE_CHUNK ((size_t)256 * 1024)

/*
 * Finds the first range of data at or after from and below end, cut to those limits; bytes outside
 * are zeros and need not be asked for. A range of data begins on a multiple of 8, so that no
 * element of a table lies across its start. Returns 1 and fills *found, 0 where all is hole, -1
 * failed.
 */
int source_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                struct failure *why);

/*
 * The size bytes (at most SOURCE_CHUNK) at offset, as they are now: a file may change meanwhile, so
 * that two calls can differ, but not what one of them has handed out. The pointer holds until the
 * next call. Bytes that the disk does not give are zeros; source_unreadable() tells which. NULL
 * with *why filled where the range is not inside the source, or memory ran out.
 */
const unsigned char *source_range(struct source *source, uint64_t offset, size_t size,
                                  struct failure *why);

/*
 * Finds the first range from `from` on and below end that source_range() was asked for and could
 * not read, cut to those limits.
 */
bool source_unreadable(const struct source *source, uint64_t from, uint64_t end,
                       struct extent *found);

/*
 * Reads size bytes at offset into bytes; those in holes and behind the end are zeros, and holes are
 * not touched.
 */
int source_read(struct source *source, uint64_t offset, void *bytes, size_t size,
                struct failure *why);

/*
 * The quick way, of sources that have one: the same range straight into bytes of the caller's, also
 * from several threads at the same time, which may call source_data() as well. It gives all that
 * was asked for or fails; source_range() may still have an answer then.
 */
int source_fetch(struct source *source, uint64_t offset, void *bytes, size_t size,
                 struct failure *why);

static inline bool source_can_fetch(const struct source *source)
{
    return source->kind->fetch;
}

/* Says that a range will be fetched soon; what is not inside the source does not matter. */
void source_advise(struct source *source, uint64_t offset, uint64_t size);

#endif
