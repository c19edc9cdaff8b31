/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/fleet_json.h"
#include "bugreport/json_text.h"

struct journal {
    const char *path;
    int fd;
    dev_t device;
    ino_t inode;
    bool failed; /* nothing is appended any more */
    bool is_new; /* we made it */
};

static int refuse_kind(const char *path, const struct stat *file, struct failure *why)
{
    if (S_ISREG(file->st_mode))
        return 0;
    return failure_set(why,
                       S_ISDIR(file->st_mode) ? "%s: is a directory, a file name is needed"
                                              : "%s: exists and is not a regular file",
                       QUOTE(path));
}

/* Of two runs with one journal, each would take the other's line in the making for a torn one. */
static int lock(const struct journal *journal, struct failure *why)
{
    if (flock(journal->fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        return failure_set(why, "%s: is the journal of an audit that is still running",
                           QUOTE(journal->path));
    return 0; /* where locks are not to be had, we do without */
}

/* What is there is looked at before it is opened: to open some devices does something to them. */
static int open_file(struct journal *journal, struct failure *why)
{
    const char *path = journal->path;
    struct stat file;

    if (lstat(path, &file))
        journal->is_new = errno == ENOENT;
    else if (refuse_kind(path, &file, why))
        return -1;
    journal->fd = open(
        path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
    if (journal->fd < 0 || fstat(journal->fd, &file))
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    journal->device = file.st_dev;
    journal->inode = file.st_ino;
    return refuse_kind(path, &file, why) || lock(journal, why) ? -1 : 0;
}

int journal_open(struct journal **journal, const char *path, struct failure *why)
{
    struct journal *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "%s", QUOTE(path));
    *opened = (struct journal){.path = path, .fd = -1};
    if (open_file(opened, why)) {
        journal_close(opened, why);
        return -1;
    }
    *journal = opened;
    return 0;
}

static int reopen(const struct journal *journal, struct failure *why)
{
    char self[64];
    int fd;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", journal->fd);
    fd = open(self, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        failure_set_errno(why, errno, "%s: cannot be read", QUOTE(journal->path));
    return fd;
}

FILE *journal_reader(const struct journal *journal, struct failure *why)
{
    int fd = reopen(journal, why);
    FILE *in = fd < 0 ? NULL : fdopen(fd, "r");

    if (fd >= 0 && !in) {
        failure_set_errno(why, errno, "%s: cannot be read", QUOTE(journal->path));
        close(fd);
    }
    return in;
}

bool journal_is(const struct journal *journal, const char *path)
{
    struct stat file;

    return journal && !stat(path, &file) && file.st_dev == journal->device &&
           file.st_ino == journal->inode;
}

static int append(const struct journal *journal, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(journal->fd, text, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        text += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Whether what comes next would not stand in a line of its own; -1: cannot be told. */
static int ends_in_a_line(const struct journal *journal, struct failure *why)
{
    int fd = reopen(journal, why);
    off_t size;
    char last = '\n';
    bool read;

    if (fd < 0)
        return -1;
    size = lseek(fd, 0, SEEK_END);
    read = size == 0 || (size > 0 && pread(fd, &last, 1, size - 1) == 1);
    if (!read)
        failure_set_errno(why, errno, "%s: cannot be read", QUOTE(journal->path));
    close(fd);
    return read ? last != '\n' : -1;
}

int journal_begin(struct journal *journal, const struct fleet_source *read,
                  const struct stat *inputs, size_t input_count, struct failure *why)
{
    int in_a_line;

    if (!journal)
        return 0;
    for (size_t i = 0; i < input_count; i++) {
        if (inputs[i].st_dev == journal->device && inputs[i].st_ino == journal->inode)
            return failure_set(why, "%s: is one of the images; choose another name",
                               QUOTE(journal->path));
    }
    if (read->torn && ftruncate(journal->fd, (off_t)read->whole))
        return failure_set_errno(why, errno, "%s: cannot cut off its last line",
                                 QUOTE(journal->path));
    in_a_line = ends_in_a_line(journal, why);
    if (in_a_line > 0 && append(journal, "\n", 1))
        return failure_set_errno(why, errno, "%s: cannot write", QUOTE(journal->path));
    return in_a_line < 0 ? -1 : 0;
}

/* The record of an entry with the end of its line; NULL: out of memory. */
static char *line_of(const struct fleet_entry *entry, struct failure *why)
{
    json_t *object = json_entry(entry, NULL, why);
    char *text = object ? json_text(object, JSON_COMPACT, why) : NULL;
    size_t length = text ? strlen(text) : 0;
    char *line = text ? realloc(text, length + 2) : NULL;

    json_decref(object);
    if (line)
        memcpy(line + length, "\n", 2);
    else
        free(text);
    return line;
}

int journal_add(struct journal *journal, const struct fleet_entry *entry, struct failure *why)
{
    char *line;

    if (!journal || journal->failed)
        return 0;
    line = line_of(entry, why);
    journal->failed = !line || append(journal, line, strlen(line));
    if (journal->failed)
        failure_set_errno(why, line ? errno : ENOMEM,
                          "%s: cannot write; the audit goes on without a journal",
                          QUOTE(journal->path));
    free(line);
    return journal->failed ? -1 : 0;
}

/* A file that was made for nothing is not left behind. */
static void remove_empty(const struct journal *journal)
{
    struct stat file;

    if (journal->is_new && !fstat(journal->fd, &file) && file.st_size == 0 &&
        journal_is(journal, journal->path))
        unlink(journal->path);
}

int journal_close(struct journal *journal, struct failure *why)
{
    bool failed = journal && journal->failed;

    if (!journal)
        return 0;
    remove_empty(journal);
    if (journal->fd >= 0 && close(journal->fd) && !failed) {
        failure_set_errno(why, errno, "%s: cannot write", QUOTE(journal->path));
        failed = true;
    }
    free(journal);
    return failed ? -1 : 0;
}
