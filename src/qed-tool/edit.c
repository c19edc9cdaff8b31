/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that can change an image is in this file. What is written was decided before, and stands in
 * the plan: offsets, old bytes, new bytes.
 */
#include "qed-tool/edit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/put.h"
#include "base/quote.h"
#include "qed-tool/undo.h"

/*
 * qemu's locks are on single bytes: 100 + i says "I use permission i", 200 + i "others must not".
 * 0 is reading, 1 writing, 3 resizing. A writer uses all three and forbids others the last two.
 */
static const off_t held_bytes[] = {100, 101, 103, 201, 203};

/* What others must not hold then: what we use forbidden, what we forbid used. */
static const off_t conflicting_bytes[] = {200, 201, 203, 101, 103};

#define LOCKS (sizeof(held_bytes) / sizeof(held_bytes[0]))

static struct flock lock_of(short type, off_t byte)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

/* Takes the locks first and looks for others' afterwards, so that of two neither is overlooked. */
static int lock_as_qemu(int fd, struct failure *why)
{
    for (size_t i = 0; i < LOCKS; i++) {
        struct flock lock = lock_of(F_RDLCK, held_bytes[i]);

        if (fcntl(fd, F_OFD_SETLK, &lock))
            return failure_set_errno(why, errno, "cannot lock the image");
    }
    for (size_t i = 0; i < LOCKS; i++) {
        struct flock lock = lock_of(F_WRLCK, conflicting_bytes[i]);

        if (fcntl(fd, F_OFD_GETLK, &lock))
            return failure_set_errno(why, errno, "cannot tell whether the image is in use");
        if (lock.l_type != F_UNLCK)
            return failure_set(why, "is in use, perhaps by a virtual machine");
    }
    return 0;
}

int edit_open(struct edit *edit, const char *path, struct failure *why)
{
    edit->fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (edit->fd < 0 || fstat(edit->fd, &edit->stat))
        return failure_set_errno(why, errno, "cannot open the image for writing");
    if (!S_ISREG(edit->stat.st_mode))
        return failure_set(why, "is not a regular file");
    return lock_as_qemu(edit->fd, why);
}

void edit_close(struct edit *edit)
{
    if (edit->fd >= 0)
        close(edit->fd);
    edit->fd = -1;
}

/* Whether the image holds these bytes at the place of a write. */
static bool holds(int fd, const struct plan_write *write, const unsigned char *bytes)
{
    unsigned char found[PLAN_MOST_BYTES];

    return pread(fd, found, write->size, (off_t)write->offset) == (ssize_t)write->size &&
           !memcmp(found, bytes, write->size);
}

/* Nothing may have moved since the plan was made, and no write may make the file longer. */
static int check_places(const struct edit *edit, const struct plan *plan, struct failure *why)
{
    struct stat now;

    if (fstat(edit->fd, &now) || now.st_size != edit->stat.st_size)
        return failure_set(why, "the image changed its length");
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_write *write = &plan->writes[i];

        if (!range_inside(write->offset, write->size, (uint64_t)now.st_size) ||
            !holds(edit->fd, write, write->before))
            return failure_set(why, "offset 0x%" PRIx64 " does not hold the expected bytes",
                               write->offset);
    }
    return 0;
}

static bool put(int fd, const struct plan_write *write, const unsigned char *bytes)
{
    return put_bytes_at(fd, write->offset, bytes, write->size) == write->size;
}

/* Makes the writes; *touched counts those that were begun. */
static int put_all(int fd, const struct plan *plan, size_t *touched, struct failure *why)
{
    for (size_t i = 0; i < plan->count; i++) {
        *touched = i + 1;
        if (!put(fd, &plan->writes[i], plan->writes[i].after))
            return failure_set_errno(why, errno, "cannot write at 0x%" PRIx64,
                                     plan->writes[i].offset);
    }
    if (fsync(fd))
        return failure_set_errno(why, errno, "cannot make the writes durable");
    for (size_t i = 0; i < plan->count; i++) {
        if (!holds(fd, &plan->writes[i], plan->writes[i].after))
            return failure_set(why, "what was written at 0x%" PRIx64 " does not read back",
                               plan->writes[i].offset);
    }
    return 0;
}

/* Puts the old bytes back; whatever failed before, each place is tried, and judged by its bytes. */
static enum edit_outcome put_back(int fd, const struct plan *plan, size_t touched)
{
    enum edit_outcome outcome = EDIT_RESTORED;

    for (size_t i = 0; i < touched; i++) {
        const struct plan_write *write = &plan->writes[i];

        if (!holds(fd, write, write->before) && !put(fd, write, write->before))
            outcome = EDIT_TORN;
    }
    return fsync(fd) ? EDIT_TORN : outcome;
}

int edit_apply(const struct edit *edit, const struct plan *plan, const char *undo,
               enum edit_outcome *outcome, struct failure *why)
{
    sigset_t signals, before;
    size_t touched = 0;
    int result;

    *outcome = EDIT_UNTOUCHED;
    if (check_places(edit, plan, why))
        return -1;
    if (undo && undo_save(undo, plan, &edit->stat, why))
        return -1;
    sigfillset(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    result = put_all(edit->fd, plan, &touched, why);
    *outcome = result ? put_back(edit->fd, plan, touched) : EDIT_DONE;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}
