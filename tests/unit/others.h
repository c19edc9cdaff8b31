/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_OTHERS_H
#define UNIT_OTHERS_H

#include <errno.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * A program's own definition goes before the C library's. What others do meanwhile is done where
 * the journal asks for the lock, and where it waits for it. To be included by one file of a test
 * program.
 */
static struct {
    void (*before_lock)(void); /* once */
    void (*asleep)(void);
    unsigned slept, synced;
    time_t seconds;
    bool fail_sync;
} world;

int flock(int fd, int operation)
{
    void (*meanwhile)(void) = world.before_lock;

    world.before_lock = NULL;
    if (meanwhile)
        meanwhile();
    return (int)syscall(SYS_flock, fd, operation);
}

unsigned sleep(unsigned seconds)
{
    world.slept += seconds;
    if (world.asleep)
        world.asleep();
    return 0;
}

int fdatasync(int fd)
{
    (void)fd;
    world.synced++;
    errno = EIO;
    return world.fail_sync ? -1 : 0;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = (struct timespec){.tv_sec = world.seconds};
    return 0;
}

#endif
