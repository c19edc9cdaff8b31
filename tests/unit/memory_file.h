/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_MEMORY_FILE_H
#define UNIT_MEMORY_FILE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* An open file, at its beginning, that holds these bytes; close() is due. */
static inline int memory_file(const void *bytes, size_t size)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
        abort();
    return fd;
}

#endif
