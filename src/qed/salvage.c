/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/salvage.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The least that is given up: a page of the cache, in which a bad sector makes all unreadable. */
#define STEP ((uint64_t)4096)

static ssize_t read_some(int fd, unsigned char *bytes, size_t size, uint64_t offset)
{
    ssize_t got;

    do {
        got = pread(fd, bytes, size, (off_t)offset);
    } while (got < 0 && errno == EINTR);
    return got;
}

static int give_up(struct source *source, const struct extent *lost, int error, struct failure *why)
{
    if (source->unreadable.count == 0)
        source->error = error;
    if (extents_add(&source->unreadable, lost->offset, lost->size, why))
        return -1;
    extents_sort(&source->unreadable);
    return 0;
}

/* Reads one piece, or gives up its beginning. Returns how far that went, 0 if memory ran out. */
static size_t read_piece(struct source *source, int fd, uint64_t offset, unsigned char *bytes,
                         size_t size, struct failure *why)
{
    size_t step = (size_t)(STEP - offset % STEP);
    ssize_t got = read_some(fd, bytes, size, offset);

    if (step > size)
        step = size;
    /* A file system may refuse a long read as a whole for one bad sector in it. */
    if (got < 0 && step < size)
        got = read_some(fd, bytes, step, offset);
    if (got > 0)
        return (size_t)got;
    /* Nothing to read: the file ends here by now. */
    if (got == 0)
        step = size;
    memset(bytes, 0, step);
    return give_up(source, &(struct extent){offset, step}, got ? errno : 0, why) ? 0 : step;
}

int salvage_read(struct source *source, int fd, uint64_t offset, unsigned char *bytes, size_t size,
                 struct failure *why)
{
    uint64_t at = offset, end = offset + size;

    while (at < end) {
        struct extent known;
        uint64_t stop = end;
        size_t done;

        if (source_unreadable(source, at, end, &known)) {
            stop = known.offset;
            if (stop == at) {
                memset(bytes + (at - offset), 0, (size_t)known.size);
                at += known.size;
                continue;
            }
        }
        done = read_piece(source, fd, at, bytes + (at - offset), (size_t)(stop - at), why);
        if (done == 0)
            return -1;
        at += done;
    }
    return 0;
}
