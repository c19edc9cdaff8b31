/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/output.h"
#include "base/path.h"
#include "base/put.h"
#include "base/quote.h"
#include "bugreport/fleet_json.h"
#include "bugreport/json_text.h"

#define LOCK_WAIT  120 /* seconds; NFS servers forget a client after 90 */
#define OPEN_TRIES 100 /* of a name that leads to another file each time */

struct journal {
    const char *path;
    int fd;
    dev_t device;
    ino_t inode;
    off_t whole;   /* where it is to be cut */
    bool torn;     /* it is to be cut */
    bool failed;   /* nothing is appended any more */
    bool is_new;   /* we made it */
    bool unsynced; /* lines were appended that may not be on the disk */
    time_t synced; /* seconds, when we last asked for it */
};

/* Of two runs with one journal, each would take the other's line in the making for a torn one. */
static int lock(const struct journal *journal, struct failure *why)
{
    for (unsigned waited = 0;
         flock(journal->fd, LOCK_EX | LOCK_NB) && (errno == EWOULDBLOCK || errno == EINTR);
         waited++) {
        if (waited == LOCK_WAIT)
            return failure_set(why, "%s: is the journal of an audit that is still running",
                               QUOTE(journal->path));
        if (waited == 0)
            fprintf(stderr, "qedscrub: %s: is in use by another audit; waiting for its end\n",
                    QUOTE(journal->path));
        sleep(1);
    }
    return 0; /* where locks are not to be had, we do without */
}

static bool is_file(const struct journal *journal, const struct stat *file)
{
    return file->st_dev == journal->device && file->st_ino == journal->inode;
}

/* Looks at what was opened. */
static int accept(struct journal *journal, struct failure *why)
{
    struct stat file, out;

    if (fstat(journal->fd, &file))
        return failure_set_errno(why, errno, "%s", QUOTE(journal->path));
    journal->device = file.st_dev;
    journal->inode = file.st_ino;
    if (!fstat(STDOUT_FILENO, &out) && is_file(journal, &out))
        return failure_set(why, "%s: is standard output; choose another name",
                           QUOTE(journal->path));
    return output_check_kind(journal->path, &file, why) || lock(journal, why) ? -1 : 0;
}

/*
 * Opens what the name leads to, or makes it. What is there is looked at before it is opened: to
 * open some devices does something to them. 0 and no descriptor: it has gone in between.
 */
static int open_name(struct journal *journal, bool *is_new, struct failure *why)
{
    const int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const char *path = journal->path;
    struct stat file;

    if (!lstat(path, &file) && output_check_kind(path, &file, why))
        return -1;
    journal->fd = open(path, flags | O_CREAT | O_EXCL, 0666);
    *is_new = journal->fd >= 0;
    if (journal->fd < 0 && errno == EEXIST) {
        journal->fd = open(path, flags);
        if (journal->fd < 0 && errno == ENOENT)
            return 0;
    }
    if (journal->fd < 0)
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    return accept(journal, why);
}

/* Who had the lock before us may have removed the file, or put a report in its place. */
static int open_file(struct journal *journal, struct failure *why)
{
    for (unsigned tries = 0; tries < OPEN_TRIES; tries++) {
        bool is_new;

        if (open_name(journal, &is_new, why))
            return -1;
        if (journal->fd >= 0 && journal_is(journal, journal->path)) {
            journal->is_new = is_new;
            return 0;
        }
        if (journal->fd >= 0)
            close(journal->fd);
        journal->fd = -1;
    }
    return failure_set(why, "%s: is another file each time", QUOTE(journal->path));
}

int journal_open(struct journal **journal, const char *path, struct failure *why)
{
    struct journal *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "%s", QUOTE(path));
    *opened = (struct journal){.path = path, .fd = -1, .synced = -1};
    if (open_file(opened, why)) {
        journal_close(opened, why);
        return -1;
    }
    *journal = opened;
    return 0;
}

static FILE *reader(const struct journal *journal, struct failure *why)
{
    int fd = fcntl(journal->fd, F_DUPFD_CLOEXEC, 0);
    FILE *in = fd < 0 || lseek(fd, 0, SEEK_SET) ? NULL : fdopen(fd, "r");

    if (!in) {
        failure_set_errno(why, errno, "%s: cannot be read", QUOTE(journal->path));
        if (fd >= 0)
            close(fd);
    }
    return in;
}

/* Whether what is there, up to zeros, is the beginning of a line of ours and nothing else. */
static bool begins_a_line(const struct journal *journal, const struct fleet_source *source)
{
    static const char start[] = "{\"schema\":\"" RECORD_SCHEMA "\"";
    const size_t all = sizeof(start) - 1;
    char text[sizeof(start)] = "";
    ssize_t got = pread(journal->fd, text, all, 0);
    size_t length = strlen(text);

    return got > 0 && length > 0 && !memcmp(text, start, length) &&
           (length == all || !source->holed);
}

int journal_read(struct journal *journal, struct fleet *fleet, struct fleet_source *source,
                 struct failure *why)
{
    FILE *in = reader(journal, why);
    int result;

    if (!in)
        return -1;
    result = fleet_read(fleet, in, source, why);
    fclose(in);
    if (result) {
        failure_prefix(why, journal->path);
        return -1;
    }
    if (source->torn && !source->whole && !begins_a_line(journal, source))
        return failure_set(why, "%s: is not a journal", QUOTE(journal->path));
    journal->torn = source->torn;
    journal->whole = (off_t)source->whole;
    return 0;
}

bool journal_is(const struct journal *journal, const char *path)
{
    struct stat file;

    return journal && !stat(path, &file) && is_file(journal, &file);
}

static int append(const struct journal *journal, const char *text, size_t size)
{
    return put_bytes(journal->fd, text, size) == size ? 0 : -1;
}

/* What is appended next begins a line. */
static int end_line(const struct journal *journal, struct failure *why)
{
    off_t size = lseek(journal->fd, 0, SEEK_END);
    char last = '\n';

    if (size < 0 || (size > 0 && pread(journal->fd, &last, 1, size - 1) != 1))
        return failure_set_errno(why, errno, "%s: cannot be read", QUOTE(journal->path));
    if (last != '\n' && append(journal, "\n", 1))
        return failure_set_errno(why, errno, "%s: cannot write", QUOTE(journal->path));
    return 0;
}

/* The name of a new file is to be on the disk too, where a folder can be asked for that. */
static void sync_folder(const char *path)
{
    char *folder = path_folder(path);
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(folder);
}

int journal_begin(struct journal *journal, const struct stat *inputs, size_t input_count,
                  struct failure *why)
{
    if (!journal)
        return 0;
    for (size_t i = 0; i < input_count; i++) {
        if (is_file(journal, &inputs[i]))
            return failure_set(why, "%s: is one of the images; choose another name",
                               QUOTE(journal->path));
    }
    if (journal->torn && ftruncate(journal->fd, journal->whole))
        return failure_set_errno(why, errno, "%s: cannot cut off its last line",
                                 QUOTE(journal->path));
    if (journal->is_new)
        sync_folder(journal->path);
    return end_line(journal, why);
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

static int sync_lines(struct journal *journal)
{
    int result;

    do {
        result = fdatasync(journal->fd);
    } while (result && errno == EINTR);
    journal->unsynced = false;
    return result;
}

/* In the second of the last time nothing is asked for: there may be thousands of lines. */
static int sync_at_times(struct journal *journal)
{
    struct timespec now;

    journal->unsynced = true;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec == journal->synced)
        return 0;
    journal->synced = now.tv_sec;
    return sync_lines(journal);
}

int journal_add(struct journal *journal, const struct fleet_entry *entry, struct failure *why)
{
    char *line;

    if (!journal || journal->failed)
        return 0;
    line = line_of(entry, why);
    journal->failed = !line || append(journal, line, strlen(line)) || sync_at_times(journal);
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
    bool failed;

    if (!journal)
        return 0;
    remove_empty(journal);
    failed = journal->failed;
    if (!failed && journal->unsynced && sync_lines(journal)) {
        failure_set_errno(why, errno, "%s: cannot write", QUOTE(journal->path));
        failed = true;
    }
    if (journal->fd >= 0 && close(journal->fd) && !failed) {
        failure_set_errno(why, errno, "%s: cannot write", QUOTE(journal->path));
        failed = true;
    }
    free(journal);
    return failed ? -1 : 0;
}
