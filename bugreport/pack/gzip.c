/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/gzip.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#define LEVEL       1
#define MEM_LEVEL   9
#define WINDOW_BITS (15 + 16) /* the largest window; + 16: a gzip header instead of zlib's */
#define PART_SIZE   ((size_t)1 << 30)
#define BUFFER_SIZE ((size_t)128 * 1024)

struct gzip {
    struct sink *sink;
    z_stream stream;
    unsigned char buffer[BUFFER_SIZE];
};

int gzip_open(struct gzip **gzip, struct sink *sink, struct failure *why)
{
    struct gzip *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot compress");
    opened->sink = sink;
    if (deflateInit2(&opened->stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEM_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(opened);
        return failure_set_errno(why, ENOMEM, "cannot compress");
    }
    *gzip = opened;
    return 0;
}

/* Deflates all input at hand; with Z_FINISH until the stream has ended. */
static int run(struct gzip *gzip, int flush, struct failure *why)
{
    z_stream *stream = &gzip->stream;

    do {
        stream->next_out = gzip->buffer;
        stream->avail_out = (uInt)sizeof(gzip->buffer);
        deflate(stream, flush);
        if (sink_write(gzip->sink, gzip->buffer, sizeof(gzip->buffer) - stream->avail_out, why))
            return -1;
    } while (stream->avail_out == 0);
    return 0;
}

int gzip_write(struct gzip *gzip, const void *bytes, size_t size, struct failure *why)
{
    const unsigned char *at = bytes;

    while (size > 0) {
        size_t part = size < PART_SIZE ? size : PART_SIZE;

        gzip->stream.next_in = (unsigned char *)(uintptr_t)at;
        gzip->stream.avail_in = (uInt)part;
        if (run(gzip, Z_NO_FLUSH, why))
            return -1;
        at += part;
        size -= part;
    }
    return 0;
}

int gzip_finish(struct gzip *gzip, struct failure *why)
{
    return run(gzip, Z_FINISH, why);
}

void gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    free(gzip);
}
