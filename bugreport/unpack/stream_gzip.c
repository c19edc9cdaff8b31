/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/crew.h"
#include "bugreport/unpack/stream_kinds.h"

static int read_raw(void *file, const unsigned char **bytes, size_t *size, struct failure *why)
{
    return stream_file_read(file, bytes, size, why);
}

static int gzip_open(void **state, struct stream_file *file, struct failure *why)
{
    struct gunzip *gunzip;

    if (gunzip_open(&gunzip, read_raw, file, file->jobs, why))
        return -1;
    *state = gunzip;
    return 0;
}

static int gzip_next(void *state, const unsigned char **bytes, size_t *size, struct failure *why)
{
    return gunzip_next(state, bytes, size, why);
}

static void gzip_close(void *state)
{
    gunzip_close(state);
}

/* A hand for each thread that may want one, and one more for what is between two. */
static int gzip_replay(void *state, const struct stream_file *file, struct replay **replay,
                       struct failure *why)
{
    struct gunzip_index index;

    if (!gunzip_take_index(state, &index))
        return 0;
    return replay_open(replay, file->fd, file->begin, &index, crew_size(file->jobs) + 1, why);
}

const struct stream_kind stream_gzip = {gzip_open, gzip_next, gzip_close, gzip_replay};
