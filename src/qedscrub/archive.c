/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quote.h"

int archive_open(const char *path, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat stat;

    if (fd < 0 || fstat(fd, &stat)) {
        failure_set_errno(why, errno, "%s", QUOTE(path));
    } else if (!S_ISREG(stat.st_mode)) {
        failure_set(why, "%s: not a regular file", QUOTE(path));
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}
