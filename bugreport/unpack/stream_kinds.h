/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_STREAM_KINDS_H
#define BUGREPORT_UNPACK_STREAM_KINDS_H

#include "bugreport/unpack/stream.h"

/* Between stream.c and the files that inflate. */

#define STREAM_BUFFER ((size_t)128 * 1024)

/* The file below: raw bytes in order. */
struct stream_file {
    int fd;
    uint64_t begin;    /* where in it reading began; of a pipe without meaning */
    unsigned jobs;     /* threads to inflate with */
    uint64_t position; /* of the bytes read so far */
    size_t head;       /* bytes of the buffer that were read to see what it is */
    unsigned char buffer[STREAM_BUFFER];
};

/* The next raw bytes, at least 1; they live until the next call. 1, or 0 at the end, -1 failed. */
int stream_file_read(struct stream_file *file, const unsigned char **bytes, size_t *size,
                     struct failure *why);

/* A way to inflate. next() is stream_next(); open() has the file at its first byte. */
struct stream_kind {
    int (*open)(void **state, struct stream_file *file, struct failure *why);
    int (*next)(void *state, const unsigned char **bytes, size_t *size, struct failure *why);
    void (*close)(void *state);
    /* stream_replay(), NULL where that is never possible. */
    int (*replay)(void *state, const struct stream_file *file, struct replay **replay,
                  struct failure *why);
};

extern const struct stream_kind stream_gzip, stream_zstd, stream_xz;

#endif
