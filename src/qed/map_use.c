/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "qed/map.h"

/* Bytes that qemu locks: 100 + i says "I use permission i", 200 + i "others must not". */
enum { BYTE_READS = 100, BYTE_WRITES = 101, BYTE_RESIZES = 103, BYTE_FORBIDS_READING = 200 };

static struct flock lock_of(short type, off_t byte)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

static int byte_is_locked(int fd, off_t byte)
{
    struct flock lock = lock_of(F_WRLCK, byte);

    if (fcntl(fd, F_OFD_GETLK, &lock))
        return -1;
    return lock.l_type != F_UNLCK;
}

/*
 * Asks for a lease and gives it back at once. Who opens the file for writing in between makes the
 * system send SIGIO, which would end the program. Only owners may ask: other errors tell nothing.
 */
static bool somebody_writes(int fd)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    bool refused;

    sigaction(SIGIO, &ignore, &before);
    refused = fcntl(fd, F_SETLEASE, F_RDLCK) && errno == EAGAIN;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    sigaction(SIGIO, &before, NULL);
    return refused;
}

int map_file_in_use(int fd)
{
    static const off_t bytes[] = {BYTE_WRITES, BYTE_RESIZES, BYTE_FORBIDS_READING};
    struct flock reading = lock_of(F_RDLCK, BYTE_READS);
    int error = 0;

    if (fcntl(fd, F_OFD_SETLK, &reading) && errno != EAGAIN && errno != EACCES)
        error = errno;
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        int locked = byte_is_locked(fd, bytes[i]);

        if (locked > 0)
            return 1;
        if (locked < 0)
            error = errno;
    }
    if (somebody_writes(fd))
        return 1;
    errno = error;
    return error ? -1 : 0;
}
