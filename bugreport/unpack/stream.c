/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bugreport/unpack/stream_kinds.h"

#define MAX_MAGIC 6

struct stream {
    const struct stream_kind *kind; /* NULL: the file is the archive */
    void *state;
    uint64_t file_size;
    struct stream_file file;
};

static ssize_t read_some(struct stream_file *file, unsigned char *to, size_t size,
                         struct failure *why)
{
    ssize_t got;

    do
        got = read(file->fd, to, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return failure_set_errno(why, errno, "cannot read at 0x%jx", (uintmax_t)file->position);
    file->position += (size_t)got;
    return got;
}

int stream_file_read(struct stream_file *file, const unsigned char **bytes, size_t *size,
                     struct failure *why)
{
    ssize_t got = (ssize_t)file->head;

    *bytes = file->buffer;
    if (got == 0)
        got = read_some(file, file->buffer, sizeof(file->buffer), why);
    file->head = 0;
    *size = got > 0 ? (size_t)got : 0;
    return got > 0 ? 1 : (int)got;
}

/* Reads as much as is needed to tell what it is. */
static int read_head(struct stream_file *file, struct failure *why)
{
    while (file->head < MAX_MAGIC) {
        ssize_t got =
            read_some(file, file->buffer + file->head, sizeof(file->buffer) - file->head, why);

        if (got < 0)
            return -1;
        if (got == 0)
            break;
        file->head += (size_t)got;
    }
    return 0;
}

static const struct stream_kind *kind_of(const struct stream_file *file)
{
    static const struct {
        const struct stream_kind *kind;
        const char *magic;
        size_t size;
    } kinds[] = {{&stream_gzip, "\x1f\x8b", 2},
                 {&stream_zstd, "\x28\xb5\x2f\xfd", 4},
                 {&stream_xz, "\xfd\x37zXZ\0", 6}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (file->head >= kinds[i].size && !memcmp(file->buffer, kinds[i].magic, kinds[i].size))
            return kinds[i].kind;
    }
    return NULL;
}

int stream_open(struct stream **stream, int fd, unsigned jobs, struct failure *why)
{
    struct stream *opened = calloc(1, sizeof(*opened));
    struct stat stat;

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot read an archive");
    opened->file.fd = fd;
    opened->file.jobs = jobs;
    opened->file.begin = (uint64_t)lseek(fd, 0, SEEK_CUR);
    opened->file_size =
        !fstat(fd, &stat) && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : UINT64_MAX;
    if (read_head(&opened->file, why))
        goto failed;
    opened->kind = kind_of(&opened->file);
    if (opened->kind && opened->kind->open(&opened->state, &opened->file, why))
        goto failed;
    *stream = opened;
    return 0;
failed:
    free(opened);
    return -1;
}

int stream_next(struct stream *stream, const unsigned char **bytes, size_t *size,
                struct failure *why)
{
    if (stream->kind)
        return stream->kind->next(stream->state, bytes, size, why);
    return stream_file_read(&stream->file, bytes, size, why);
}

uint64_t stream_file_size(const struct stream *stream)
{
    return stream->file_size;
}

bool stream_may_replay(const struct stream *stream)
{
    return stream->kind && stream->kind->replay && stream->file_size != UINT64_MAX;
}

int stream_replay(struct stream *stream, struct replay **replay, struct failure *why)
{
    *replay = NULL;
    if (!stream_may_replay(stream))
        return 0;
    return stream->kind->replay(stream->state, &stream->file, replay, why);
}

void stream_close(struct stream *stream)
{
    if (!stream)
        return;
    if (stream->kind)
        stream->kind->close(stream->state);
    free(stream);
}
