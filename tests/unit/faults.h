/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_FAULTS_H
#define UNIT_FAULTS_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * System calls that fail on demand. A program's own definition goes before the C library's, so that
 * whatever it links calls these. To be included by one file of a test program.
 */
static struct {
    bool no_tmpfile;   /* the file system knows no nameless files */
    bool no_noreplace; /* nor renames that replace nothing */
    bool no_fsync;     /* the disk is broken */
} faults;

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
    if (faults.no_fsync) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

#endif
