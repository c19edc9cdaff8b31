/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_CATCH_H
#define UNIT_CATCH_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bugreport/pack/sink.h"
#include "tests/unit/folder.h"

/* A sink whose bytes are to be looked at: they go to a file that is read back and removed. */
struct catch
{
    struct sink sink;
    struct output *output;
    char folder[FOLDER_SIZE], path[40];
};

static const struct output_options catch_options = {.replace = true};

static inline void catch_begin(struct catch *catch)
{
    struct failure why = {0};

    folder_make(catch->folder);
    snprintf(catch->path, sizeof(catch->path), "%s/out", catch->folder);
    EXPECT_OK(output_open(&catch->output, catch->path, &catch_options, &why), &why);
    sink_init(&catch->sink, catch->output);
}

/* All bytes that the sink took, to be freed with free(). */
static inline unsigned char *catch_end(struct catch *catch, size_t *size)
{
    struct failure why = {0};
    unsigned char *bytes;
    struct stat stat_of;
    int fd;

    EXPECT_OK(output_commit(catch->output, &why), &why);
    fd = open(catch->path, O_RDONLY);
    assert_int_equal(fstat(fd, &stat_of), 0);
    *size = (size_t)stat_of.st_size;
    if (*size != catch->sink.size || *size > INT32_MAX)
        abort();
    bytes = malloc(*size + 1);
    assert_int_equal(read(fd, bytes, *size), *size);
    close(fd);
    assert_int_equal(unlink(catch->path) | rmdir(catch->folder), 0);
    return bytes;
}

#endif
