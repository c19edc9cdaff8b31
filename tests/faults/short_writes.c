/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For LD_PRELOAD: writes that take half of what they are given, and every third time are
 * interrupted before they took anything. Both are what the system may do at any time, and seldom
 * does.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_uint calls;

static size_t some_of(size_t size)
{
    return size > 1 ? size / 2 : size;
}

static int is_interrupted(void)
{
    if (++calls % 3)
        return 0;
    errno = EINTR;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return is_interrupted() ? -1 : syscall(SYS_write, fd, bytes, some_of(size));
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return is_interrupted() ? -1 : syscall(SYS_pwrite64, fd, bytes, some_of(size), offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset)
{
    return pwrite(fd, bytes, size, offset);
}
