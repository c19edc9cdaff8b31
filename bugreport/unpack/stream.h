/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_STREAM_H
#define BUGREPORT_UNPACK_STREAM_H

#include "bugreport/unpack/replay.h"

/*
 * The tar archive inside a file: as it stands, or inflated from gzip, zstd or xz, by the first
 * bytes. Every byte of the file has to be accounted for: one that ends too early, or holds
 * something behind the compressed archive, fails.
 */
struct stream;

/*
 * Begins to read from a descriptor, a file's or a pipe's, at its position. The descriptor stays the
 * caller's. jobs: how many threads may inflate, the caller's included; 0: as many as suit the
 * machine.
 */
int stream_open(struct stream **stream, int fd, unsigned jobs, struct failure *why);

/*
 * The next bytes, which live until the next call: 1, or 0 at the end, -1 failed. *size is never 0
 * on 1.
 */
int stream_next(struct stream *stream, const unsigned char **bytes, size_t *size,
                struct failure *why);

/* The length of the file in bytes, UINT64_MAX for a pipe. */
uint64_t stream_file_size(const struct stream *stream);

/* Whether stream_replay() will have something to give for a file that pack wrote. */
bool stream_may_replay(const struct stream *stream);

/*
 * After the end: *replay gets the same bytes from any place, as long as the descriptor is open, to
 * be closed by the caller. NULL where the file is not of the kind that allows it.
 */
int stream_replay(struct stream *stream, struct replay **replay, struct failure *why);

void stream_close(struct stream *stream);

#endif
