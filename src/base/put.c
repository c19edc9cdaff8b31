/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/put.h"

#include <errno.h>
#include <unistd.h>

/* offset is NULL where the descriptor stands. */
static size_t put_all(int fd, const uint64_t *offset, const char *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t written = offset ? pwrite(fd, bytes + done, size - done, (off_t)(*offset + done))
                                 : write(fd, bytes + done, size - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0)
            errno = EIO;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    return done;
}

size_t put_bytes(int fd, const void *bytes, size_t size)
{
    return put_all(fd, NULL, bytes, size);
}

size_t put_bytes_at(int fd, uint64_t offset, const void *bytes, size_t size)
{
    return put_all(fd, &offset, bytes, size);
}
