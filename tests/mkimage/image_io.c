/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/checked.h"

bool image_create(struct image *image, const char *path)
{
    memset(image, 0, sizeof(*image));
    image->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (image->fd < 0)
        warn("%s", path);
    return image->fd >= 0;
}

bool image_close(struct image *image)
{
    bool good = image->fd >= 0;

    if (good && ftruncate(image->fd, (off_t)image->size)) {
        warn("setting the length of the image to %ju", (uintmax_t)image->size);
        good = false;
    }
    if (image->fd >= 0 && close(image->fd)) {
        warn("closing the image");
        good = false;
    }
    free(image->extents);
    memset(image, 0, sizeof(*image));
    image->fd = -1;
    return good;
}

bool image_read(const struct image *image, uint64_t offset, void *bytes, size_t size)
{
    uint8_t *to = bytes;

    memset(to, 0, size);
    while (size && offset <= INT64_MAX) {
        ssize_t done = pread(image->fd, to, size, (off_t)offset);

        if (done == 0)
            break;
        if (done < 0 && errno != EINTR) {
            warn("reading at %ju", (uintmax_t)offset);
            return false;
        }
        if (done > 0) {
            to += done;
            offset += (uint64_t)done;
            size -= (size_t)done;
        }
    }
    return true;
}

bool image_write(struct image *image, uint64_t offset, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;

    if (!range_inside(offset, size, INT64_MAX)) {
        warnx("offset %ju is beyond any file", (uintmax_t)offset);
        return false;
    }
    while (size) {
        ssize_t done = pwrite(image->fd, from, size, (off_t)offset);

        if (done < 0 && errno != EINTR) {
            warn("writing at %ju", (uintmax_t)offset);
            return false;
        }
        if (done > 0) {
            from += done;
            offset += (uint64_t)done;
            size -= (size_t)done;
        }
    }
    if (offset > image->size)
        image->size = offset;
    return true;
}

bool image_get32(const struct image *image, uint64_t offset, uint32_t *value)
{
    uint8_t bytes[sizeof(*value)];

    if (!image_read(image, offset, bytes, sizeof(bytes)))
        return false;
    *value = bytes_load32(bytes);
    return true;
}

bool image_get64(const struct image *image, uint64_t offset, uint64_t *value)
{
    uint8_t bytes[sizeof(*value)];

    if (!image_read(image, offset, bytes, sizeof(bytes)))
        return false;
    *value = bytes_load64(bytes);
    return true;
}

bool image_put32(struct image *image, uint64_t offset, uint32_t value)
{
    uint8_t bytes[sizeof(value)];

    bytes_store32(bytes, value);
    return image_write(image, offset, bytes, sizeof(bytes));
}

bool image_put64(struct image *image, uint64_t offset, uint64_t value)
{
    uint8_t bytes[sizeof(value)];

    bytes_store64(bytes, value);
    return image_write(image, offset, bytes, sizeof(bytes));
}

bool image_resize(struct image *image, uint64_t size)
{
    if (size > INT64_MAX || ftruncate(image->fd, (off_t)size)) {
        warn("setting the length of the image to %ju", (uintmax_t)size);
        return false;
    }
    image->size = size;
    return true;
}
