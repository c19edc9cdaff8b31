/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_IMAGE_FILE_H
#define UNIT_IMAGE_FILE_H

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

/* Writes a sound image of four clusters, of which the last one has leaked, to a new file. */
static inline void image_file_make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    struct tiny_image image;

    tiny_image_init(&image, 1, 1, 4, 4);
    tiny_image_set(&image, tiny_offset(1), 0, tiny_offset(2));
    assert_int_equal(write(fd, image.memory.bytes, tiny_offset(4)), tiny_offset(4));
    tiny_image_free(&image);
    close(fd);
}

#endif
