/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/streams.h"

#include <fcntl.h>
#include <unistd.h>

void streams_fill(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO)
        close(fd);
}

bool streams_close(FILE *stream)
{
    bool failed = ferror(stream);

    return !fclose(stream) && !failed;
}
