/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/leftover.h"
#include "base/path.h"
#include "base/put.h"
#include "base/quote.h"

#define TEMPORARY_SIZE 32

struct output {
    const struct output_options *options; /* NULL: standard output */
    bool held;                            /* for standard output: fd is a file in memory */
    char *path;
    const char *name; /* last part of path */
    int directory, fd;
    char temporary[TEMPORARY_SIZE]; /* its name until it is committed; empty if it has none */
    struct leftover leftover;       /* the same, for signals */
};

static void output_free(struct output *output)
{
    if (!output)
        return;
    if ((output->options || output->held) && output->fd >= 0)
        close(output->fd);
    if (output->directory >= 0)
        close(output->directory);
    free(output->path);
    free(output);
}

static struct output *output_new(struct failure *why)
{
    struct output *output = calloc(1, sizeof(*output));

    if (!output) {
        failure_set_errno(why, ENOMEM, "cannot begin an output");
        return NULL;
    }
    output->directory = output->fd = -1;
    output->name = "";
    return output;
}

/* Splits the path and opens the directory, so that later renames of parents do not matter. */
static int open_directory(struct output *output, const char *path, struct failure *why)
{
    char *folder = path_folder(path);

    output->path = strdup(path);
    if (folder && output->path) {
        output->name = path_base(output->path);
        output->directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    free(folder); /* which leaves errno alone */
    if (output->directory < 0)
        return failure_set_errno(why, errno, "%s: cannot open its directory", QUOTE(path));
    return 0;
}

int output_check_kind(const char *path, const struct stat *stat, struct failure *why)
{
    if (S_ISREG(stat->st_mode))
        return 0;
    return failure_set(why,
                       S_ISDIR(stat->st_mode) ? "%s: is a directory, a file name is needed"
                                              : "%s: exists and is not a regular file",
                       QUOTE(path));
}

static bool is_input(const struct output_options *options, const struct stat *stat)
{
    for (size_t i = 0; i < options->input_count; i++) {
        if (options->inputs[i].st_dev == stat->st_dev && options->inputs[i].st_ino == stat->st_ino)
            return true;
    }
    return false;
}

/* Judges what stands under the name now; nothing is fine. */
static int check_target(const struct output *output, struct failure *why)
{
    const char *path = output->path;
    struct stat stat;

    if (!output->name[0])
        return failure_set(why, "%s: is a directory, a file name is needed", QUOTE(path));
    if (!fstatat(output->directory, output->name, &stat, 0) && is_input(output->options, &stat))
        return failure_set(why, "%s: is the image itself; choose another name", QUOTE(path));
    if (fstatat(output->directory, output->name, &stat, AT_SYMLINK_NOFOLLOW)) {
        if (errno == ENOENT)
            return 0;
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    }
    if (output_check_kind(path, &stat, why))
        return -1;
    if (!output->options->replace)
        return failure_set(why, "%s: exists; choose another name%s", QUOTE(path),
                           output->options->never_replace ? "" : " or give --force");
    return 0;
}

static int make_temporary_name(struct output *output, struct failure *why)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return failure_set_errno(why, errno, "cannot make a temporary name");
    snprintf(output->temporary, sizeof(output->temporary), ".%016" PRIx64 ".tmp", random);
    output->leftover = (struct leftover){.directory = output->directory, .name = output->temporary};
    leftover_add(&output->leftover);
    return 0;
}

/* After the file has lost its temporary name, or has never got it. */
static void forget_temporary_name(struct output *output)
{
    leftover_drop(&output->leftover);
    output->temporary[0] = '\0';
}

static int create(struct output *output, struct failure *why)
{
    output->fd = openat(output->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (output->fd >= 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
        return failure_set_errno(why, errno, "%s", QUOTE(output->path));
    if (make_temporary_name(output, why))
        return -1;
    output->fd = openat(output->directory, output->temporary,
                        O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);
    if (output->fd >= 0)
        return 0;
    failure_set_errno(why, errno, "%s", QUOTE(output->path));
    forget_temporary_name(output);
    return -1;
}

int output_open(struct output **output, const char *path, const struct output_options *options,
                struct failure *why)
{
    struct output *opened = output_new(why);

    if (!opened)
        return -1;
    opened->options = options;
    if (open_directory(opened, path, why) || check_target(opened, why) || create(opened, why)) {
        output_free(opened);
        return -1;
    }
    *output = opened;
    return 0;
}

int output_open_stdout(struct output **output, const struct output_options *options, bool hold,
                       struct failure *why)
{
    struct output *opened;
    struct stat stat;

    if (!fstat(STDOUT_FILENO, &stat) && is_input(options, &stat))
        return failure_set(why, "standard output is the image itself; name another file");
    if (isatty(STDOUT_FILENO))
        return failure_set(why, "standard output is a terminal; redirect it or name a file");
    opened = output_new(why);
    if (!opened)
        return -1;
    opened->path = strdup("standard output");
    if (!opened->path) {
        output_free(opened);
        return failure_set_errno(why, ENOMEM, "cannot begin an output");
    }
    opened->held = hold;
    opened->fd = hold ? memfd_create("output", MFD_CLOEXEC) : STDOUT_FILENO;
    if (opened->fd < 0) {
        output_free(opened);
        return failure_set_errno(why, errno, "cannot keep an output in memory");
    }
    *output = opened;
    return 0;
}

int output_reopen(struct output *output, struct failure *why)
{
    char self[64];
    int fd;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", output->fd);
    fd = open(self, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        failure_set_errno(why, errno, "%s: cannot read back what was written", QUOTE(output->path));
    return fd;
}

static int write_all(const struct output *output, int fd, const void *bytes, size_t size,
                     struct failure *why)
{
    if (put_bytes(fd, bytes, size) == size)
        return 0;
    return failure_set_errno(why, errno, "%s: cannot write", QUOTE(output->path));
}

int output_write(struct output *output, const void *bytes, size_t size, struct failure *why)
{
    return write_all(output, output->fd, bytes, size, why);
}

int output_write_at(struct output *output, uint64_t offset, const void *bytes, size_t size,
                    struct failure *why)
{
    size_t done = put_bytes_at(output->fd, offset, bytes, size);

    if (done == size)
        return 0;
    return failure_set_errno(why, errno, "%s: cannot write at 0x%" PRIx64, QUOTE(output->path),
                             offset + done);
}

uint64_t output_room(const struct output *output)
{
    struct statvfs stat;
    uint64_t room;

    if (fstatvfs(output->fd, &stat) || !checked_multiply(stat.f_bavail, stat.f_frsize, &room))
        return UINT64_MAX;
    return room;
}

int output_set_size(struct output *output, uint64_t size, struct failure *why)
{
    if (size > INT64_MAX || ftruncate(output->fd, (off_t)size))
        return failure_set_errno(why, size > INT64_MAX ? EFBIG : errno,
                                 "%s: cannot make a file of %" PRIu64 " bytes", QUOTE(output->path),
                                 size);
    return 0;
}

/* Links the nameless file to a name. AT_EMPTY_PATH may need a capability, the other way /proc. */
static int link_as(struct output *output, const char *name)
{
    char self[64];

    if (!linkat(output->fd, "", output->directory, name, AT_EMPTY_PATH))
        return 0;
    if (errno == EEXIST)
        return -1;
    snprintf(self, sizeof(self), "/proc/self/fd/%d", output->fd);
    return linkat(AT_FDCWD, self, output->directory, name, AT_SYMLINK_FOLLOW);
}

/* Renames the temporary name to the final one, without replacing anything unless allowed. */
static int rename_temporary(struct output *output)
{
    int result;

    if (output->options->replace)
        result = renameat(output->directory, output->temporary, output->directory, output->name);
    else
        result = renameat2(output->directory, output->temporary, output->directory, output->name,
                           RENAME_NOREPLACE);
    if (result && !output->options->replace && errno == EINVAL) {
        result = linkat(output->directory, output->temporary, output->directory, output->name, 0);
        if (!result)
            unlinkat(output->directory, output->temporary, 0);
    }
    if (!result)
        forget_temporary_name(output);
    return result;
}

/* A nameless file cannot replace one with a name: it gets a temporary name first. */
static int publish(struct output *output, struct failure *why)
{
    int result;

    if (!output->temporary[0] && !output->options->replace) {
        result = link_as(output, output->name);
    } else {
        if (!output->temporary[0]) {
            if (make_temporary_name(output, why))
                return -1;
            if (link_as(output, output->temporary)) {
                failure_set_errno(why, errno, "%s: cannot name the file", QUOTE(output->path));
                forget_temporary_name(output);
                return -1;
            }
        }
        result = rename_temporary(output);
    }
    if (result && errno == EEXIST)
        return failure_set(why, "%s: exists by now; choose another name%s", QUOTE(output->path),
                           output->options->never_replace ? "" : " or give --force");
    if (result)
        return failure_set_errno(why, errno, "%s: cannot name the file", QUOTE(output->path));
    return 0;
}

/* The permissions that a file made with open() would have had. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static int sync_fd(int fd)
{
    int result;

    do {
        result = fsync(fd);
    } while (result && errno == EINTR);
    return result;
}

/*
 * Some file systems tell of a failed write only when a descriptor is closed. The file needs its own
 * until it has a name, so a copy of it is closed: then there is still nothing to be taken back.
 */
static int settle(struct output *output)
{
    int copy;

    if (fchmod(output->fd, usual_mode()) || sync_fd(output->fd))
        return -1;
    copy = fcntl(output->fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? 0 : close(copy);
}

static int commit_file(struct output *output, struct failure *why)
{
    const char *path = output->path;
    int fd = output->fd, result;

    if (settle(output))
        return failure_set_errno(why, errno, "%s: cannot make it durable", QUOTE(path));
    if (check_target(output, why) || publish(output, why))
        return -1;
    output->fd = -1;
    result = close(fd);
    if (sync_fd(output->directory) || result)
        return failure_set_errno(why, errno, "%s: written, but perhaps not durable", QUOTE(path));
    return 0;
}

/* Lets go what was held. */
static int commit_held(struct output *output, struct failure *why)
{
    unsigned char bytes[64 * 1024];
    off_t at = 0;
    ssize_t got;

    while ((got = pread(output->fd, bytes, sizeof(bytes), at)) > 0) {
        if (write_all(output, STDOUT_FILENO, bytes, (size_t)got, why))
            return -1;
        at += got;
    }
    return got < 0 ? failure_set_errno(why, errno, "cannot read what was kept in memory") : 0;
}

int output_commit(struct output *output, struct failure *why)
{
    int result = 0;

    if (output->options)
        result = commit_file(output, why);
    else if (output->held)
        result = commit_held(output, why);
    if (result)
        output_discard(output);
    else
        output_free(output);
    return result;
}

void output_discard(struct output *output)
{
    if (!output)
        return;
    if (output->temporary[0]) {
        unlinkat(output->directory, output->temporary, 0);
        forget_temporary_name(output);
    }
    output_free(output);
}
