/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>

#include "bugreport/unpack/stream_kinds.h"

#define WINDOW_BITS (15 + 16) /* the largest window; + 16: a gzip header instead of zlib's */

/* Room for what a header could hold besides; one byte is enough to see that it does. */
struct gunzip {
    struct stream_file *file;
    z_stream stream;
    gz_header header;
    Bytef name[1], comment[1];
    bool ended;
    unsigned char buffer[STREAM_BUFFER];
};

static int gunzip_open(void **state, struct stream_file *file, struct failure *why)
{
    struct gunzip *gunzip = calloc(1, sizeof(*gunzip));

    if (!gunzip)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    gunzip->file = file;
    gunzip->header.name = gunzip->name;
    gunzip->header.name_max = sizeof(gunzip->name);
    gunzip->header.comment = gunzip->comment;
    gunzip->header.comm_max = sizeof(gunzip->comment);
    if (inflateInit2(&gunzip->stream, WINDOW_BITS) != Z_OK) {
        free(gunzip);
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    }
    inflateGetHeader(&gunzip->stream, &gunzip->header);
    *state = gunzip;
    return 0;
}

/* Gets more input if there is none: 1, or 0 at the end of the file, -1 failed. */
static int fill(struct gunzip *gunzip, struct failure *why)
{
    const unsigned char *bytes;
    size_t size;
    int more;

    if (gunzip->stream.avail_in > 0)
        return 1;
    more = stream_file_read(gunzip->file, &bytes, &size, why);
    if (more > 0) {
        gunzip->stream.next_in = (unsigned char *)(uintptr_t)bytes;
        gunzip->stream.avail_in = (uInt)size;
    }
    return more;
}

/* Nothing may stand behind the compressed archive, nor beside it in its header. */
static int check_end(struct gunzip *gunzip, struct failure *why)
{
    int more = fill(gunzip, why);

    if (more < 0)
        return -1;
    if (more)
        return failure_set(why, "something stands behind the end of the gzip data, at 0x%" PRIx64,
                           gunzip->file->position - gunzip->stream.avail_in);
    if (gunzip->name[0] || gunzip->comment[0])
        return failure_set(why, "the gzip header holds a name or a comment");
    gunzip->ended = true;
    return 0;
}

static int gunzip_next(void *state, const unsigned char **bytes, size_t *size, struct failure *why)
{
    struct gunzip *gunzip = state;
    z_stream *stream = &gunzip->stream;
    int result = Z_OK;

    stream->next_out = gunzip->buffer;
    stream->avail_out = sizeof(gunzip->buffer);
    while (!gunzip->ended && result != Z_STREAM_END && stream->avail_out > 0) {
        int more = fill(gunzip, why);

        if (more < 0)
            return -1;
        if (more == 0)
            return failure_set(why, "the gzip data end too early, at 0x%" PRIx64,
                               gunzip->file->position);
        result = inflate(stream, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END)
            return failure_set(why, "the gzip data are damaged before 0x%" PRIx64 ": %s",
                               gunzip->file->position, stream->msg ? stream->msg : "no memory");
    }
    if (result == Z_STREAM_END && check_end(gunzip, why))
        return -1;
    *bytes = gunzip->buffer;
    *size = sizeof(gunzip->buffer) - stream->avail_out;
    return *size > 0;
}

static void gunzip_close(void *state)
{
    struct gunzip *gunzip = state;

    inflateEnd(&gunzip->stream);
    free(gunzip);
}

const struct stream_kind stream_gzip = {gunzip_open, gunzip_next, gunzip_close};
