/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_UNTAR_H
#define BUGREPORT_UNPACK_UNTAR_H

#include "bugreport/unpack/stream.h"
#include "qed/extents.h"

/*
 * Reads a tar archive in the one dialect in which bundles are written (tarball.h): pax headers,
 * regular files, sparse ones in the form GNU 1.0. It takes nothing else and passes over nothing:
 * what a reader of all dialects would ignore (owners, links, unknown attributes, what stands in
 * padding or behind the end) is a place where something could be hidden, and fails.
 */
struct untar;

#define UNTAR_MAX_PATH 272 /* longer than a header can make it */

struct untar_member {
    char path[UNTAR_MAX_PATH];
    uint64_t size;         /* bytes, holes and all */
    struct extents ranges; /* of it that are data: sorted, disjoint, inside the size */
};

/* jobs: see stream_open(). */
int untar_open(struct untar **untar, int fd, unsigned jobs, struct failure *why);

/*
 * The next member, in *member, which the archive keeps: 1, or 0 at the end, -1 failed. All data of
 * the member before must have been read.
 */
int untar_next(struct untar *untar, const struct untar_member **member, struct failure *why);

/*
 * The next bytes of the member in hand, which live until the next call: the bytes of its ranges one
 * behind the other. 1, or 0 at its end, -1 failed.
 */
int untar_data(struct untar *untar, const unsigned char **bytes, size_t *size, struct failure *why);

/* How many bytes of the archive have been read. */
uint64_t untar_position(const struct untar *untar);

/* As stream_may_replay() and stream_replay(): places are those of untar_position(). */
bool untar_may_replay(const struct untar *untar);
int untar_replay(struct untar *untar, struct replay **replay, struct failure *why);

/* The length of the archive's file in bytes, UINT64_MAX for a pipe. */
uint64_t untar_file_size(const struct untar *untar);

void untar_close(struct untar *untar);

#endif
