/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_FAULTS_H
#define UNIT_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * System calls that fail on demand. A program's own definition goes before the C library's, so that
 * whatever it links calls these. To be included by one file of a test program.
 */
static struct {
    bool no_tmpfile;     /* the file system knows no nameless files */
    bool no_noreplace;   /* nor renames that replace nothing */
    unsigned fail_fsync; /* the call of that number from now on fails; 0: none */
    unsigned fail_close;
    bool no_mmap;        /* files cannot be mapped */
    off_t bad, bad_size; /* what pread() cannot read; size 0: nothing */
    bool interrupted;    /* every other pread() is interrupted, the others are short */
} faults;

static inline bool is_turn_of(unsigned *number)
{
    return *number > 0 && --*number == 0;
}

int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    va_list args;

    va_start(args, flags);
    if (flags & (O_CREAT | __O_TMPFILE))
        mode = va_arg(args, mode_t);
    va_end(args);
    if (faults.no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return (int)syscall(SYS_openat, directory, path, flags, mode);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags)
{
    if (faults.no_noreplace && flags) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
}

int fsync(int fd)
{
    if (is_turn_of(&faults.fail_fsync)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

/* As the kernel does it: the descriptor is gone all the same. */
int close(int fd)
{
    int result = (int)syscall(SYS_close, fd);

    if (is_turn_of(&faults.fail_close)) {
        errno = EIO;
        return -1;
    }
    return result;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (faults.no_mmap && fd >= 0) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

/* As the kernel does it: what lies before the bad range is read, and the next call fails. */
ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    static unsigned calls;

    if (faults.interrupted && calls++ % 2 == 0) {
        errno = EINTR;
        return -1;
    }
    if (faults.interrupted && size > 1)
        size = size / 3 + 1;
    if (faults.bad_size && offset < faults.bad + faults.bad_size &&
        offset + (off_t)size > faults.bad) {
        if (offset >= faults.bad) {
            errno = EIO;
            return -1;
        }
        size = (size_t)(faults.bad - offset);
    }
    return syscall(SYS_pread64, fd, bytes, size, offset);
}

#endif
