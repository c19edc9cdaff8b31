/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/sweep.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bugreport/record_bytes.h"
#include "qed/map.h"
#include "qedscrub/examine.h"
#include "qedscrub/interrupt.h"
#include "qedscrub/pool.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"

/* A file's turn. */
struct job {
    bool opened; /* identity and start hold */
    struct file_identity identity;
    double start; /* seconds */
};

struct sweep {
    const struct options *options;
    struct files *files;
    struct fleet *fleet;
    const struct fleet *old;
    struct journal *journal;
    struct pool *pool;
    struct job *jobs; /* one for each file */
    size_t next;      /* the first file that has not had its turn */
};

/* What came of a file: a record, or the reason why there is none. */
struct outcome {
    enum entry_status status;
    const char *message;
    const struct fleet_entry *old; /* what an earlier run has kept of it; NULL: it is new */
    struct record record;
};

static double seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* An audit is worth its while without a journal. */
static void keep(struct sweep *sweep, const struct fleet_entry *entry)
{
    struct failure why = {0};

    if (!journal_add(sweep->journal, entry, &why))
        return;
    progress_hide(sweep->options->progress);
    fprintf(stderr, "qedscrub: %s\n", why.text);
}

/* What was not timed then is not now. */
static void set_time(struct fleet_entry *entry, const struct job *job,
                     const struct fleet_entry *old)
{
    entry->has_seconds = old ? old->has_seconds : job->opened;
    if (entry->has_seconds)
        entry->seconds = old ? old->seconds : seconds() - job->start;
}

/* Adds an entry for one name of a file; takes the record over. */
static int add_name(struct sweep *sweep, const char *path, const struct job *job,
                    struct outcome *outcome, struct failure *why)
{
    struct fleet *fleet = sweep->fleet;
    struct fleet_entry *entry;

    if (outcome->status == ENTRY_OK ? fleet_add_record(fleet, path, &outcome->record, why)
                                    : !fleet_add(fleet, path, why))
        return -1;
    entry = &fleet->entries[fleet->count - 1];
    entry->status = outcome->status;
    entry->has_identity = job->opened;
    entry->identity = job->identity;
    if (sweep->options->timings)
        set_time(entry, job, outcome->old);
    entry->message = outcome->message ? strdup(outcome->message) : NULL;
    if (outcome->message && !entry->message)
        return failure_set_errno(why, ENOMEM, "cannot keep a record");
    if (!outcome->old)
        keep(sweep, entry);
    return 0;
}

/* Adds an entry for each name of a file; takes the record over. */
static int add(struct sweep *sweep, size_t index, struct outcome *outcome, struct failure *why)
{
    const struct found *list = sweep->files->list;
    const struct job *job = &sweep->jobs[index];
    size_t first = sweep->fleet->count;
    int result = add_name(sweep, list[index].path, job, outcome, why);

    for (size_t i = list[index].next; !result && i != FILES_NO_MORE; i = list[i].next) {
        struct outcome again = {outcome->status, outcome->message, outcome->old, {0}};

        if (again.status == ENTRY_OK)
            result = examine_copy(&again.record, &sweep->fleet->entries[first].record, why);
        if (!result)
            result = add_name(sweep, list[i].path, job, &again, why);
        record_free(&again.record);
    }
    record_free(&outcome->record);
    return result;
}

static int add_error(struct sweep *sweep, size_t index, enum entry_status status,
                     const char *message, struct failure *why)
{
    return add(sweep, index, &(struct outcome){.status = status, .message = message}, why);
}

/* A file that could not be opened when it was found, or not now. */
static int add_unopened(struct sweep *sweep, size_t index, int error, struct failure *why)
{
    const struct found *found = &sweep->files->list[index];
    bool vanished = found->folder != FILES_NO_FOLDER && (error == ENOENT || error == ENOTDIR);
    char message[256];

    snprintf(message, sizeof(message), "%s%s", found->is_folder ? "cannot read the folder: " : "",
             strerror(error));
    return add_error(sweep, index, vanished ? ENTRY_VANISHED : ENTRY_UNREADABLE, message, why);
}

/* Takes the entry of an earlier run over, and the time that it took then. */
static int take_old(struct sweep *sweep, size_t index, struct failure *why)
{
    const struct found *found = &sweep->files->list[index];
    const struct fleet_entry *old = fleet_find(sweep->old, found->path);
    struct outcome outcome = {.old = old};

    sweep->jobs[index] = (struct job){.opened = true, .identity = found->identity};
    if (examine_copy(&outcome.record, &old->record, why)) {
        record_free(&outcome.record);
        return -1;
    }
    return add(sweep, index, &outcome, why);
}

/* Hands an open file to the pool, if it is one to be examined. */
static int submit(struct sweep *sweep, size_t index, int fd, struct failure *why)
{
    struct job *job = &sweep->jobs[index];
    struct message_task task;
    struct stat file;
    int result;

    if (fstat(fd, &file)) {
        result = add_unopened(sweep, index, errno, why);
    } else if (!S_ISREG(file.st_mode)) {
        result = add_error(sweep, index, ENTRY_UNREADABLE, "is not a regular file", why);
    } else {
        *job = (struct job){true, files_identity(&file), seconds()};
        task.in_use = map_file_in_use(fd) > 0;
        if (!task.in_use || sweep->options->force_share)
            return pool_give(sweep->pool, index, fd, &task, why);
        result = add_error(sweep, index, ENTRY_IN_USE,
                           "is in use, perhaps by a virtual machine; give -U to read it all the "
                           "same",
                           why);
    }
    close(fd);
    return result;
}

/* Gives the next file its turn: 1, or 0 if it has to wait for descriptors to come free. */
static int take_turn(struct sweep *sweep, size_t index, struct failure *why)
{
    const struct found *found = &sweep->files->list[index];
    int fd;

    if (found->same != index)
        return 1;
    if (found->is_known)
        return take_old(sweep, index, why) ? -1 : 1;
    if (found->error)
        return add_unopened(sweep, index, found->error, why) ? -1 : 1;
    fd = files_open(sweep->files, found);
    if (fd >= 0)
        return submit(sweep, index, fd, why) ? -1 : 1;
    if ((errno == EMFILE || errno == ENFILE) && pool_busy(sweep->pool))
        return 0;
    return add_unopened(sweep, index, errno, why) ? -1 : 1;
}

static int feed(struct sweep *sweep, struct failure *why)
{
    int taken = 1;

    while (taken > 0 && sweep->next < sweep->files->count && pool_has_room(sweep->pool)) {
        taken = take_turn(sweep, sweep->next, why);
        sweep->next += taken > 0;
    }
    return taken < 0 ? -1 : 0;
}

static enum entry_status status_of(const struct pool_answer *answer)
{
    if (answer->end == POOL_LATE)
        return ENTRY_TIMEOUT;
    if (answer->end == POOL_DIED)
        return ENTRY_CRASHED;
    switch (answer->status) {
    case STATUS_OK:
        return ENTRY_OK;
    case STATUS_NOT_QED:
        return ENTRY_NOT_QED;
    case EXAMINE_CHANGED:
        return ENTRY_IN_USE;
    default:
        return ENTRY_UNREADABLE;
    }
}

/* Takes an answer of the pool, text included. */
static int take(struct sweep *sweep, struct pool_answer *answer, struct failure *why)
{
    struct outcome outcome = {.status = status_of(answer)};
    struct failure bad = {0};
    int result;

    if (!answer->text)
        return failure_set_errno(why, ENOMEM, "cannot keep a record");
    if (outcome.status != ENTRY_OK)
        outcome.message = answer->text;
    else if (record_from_bytes(&outcome.record, (unsigned char *)answer->text, answer->size,
                               &bad)) {
        record_free(&outcome.record);
        outcome.status = ENTRY_CRASHED;
        outcome.message = bad.text;
    }
    result = add(sweep, answer->job, &outcome, why);
    free(answer->text);
    return result;
}

/* Reads no further file; what an earlier run knows costs nothing. */
static int stop(struct sweep *sweep, struct failure *why)
{
    sweep->fleet->interrupted = true;
    for (; sweep->next < sweep->files->count; sweep->next++) {
        const struct found *found = &sweep->files->list[sweep->next];

        if (found->same == sweep->next && found->is_known && take_old(sweep, sweep->next, why))
            return -1;
    }
    return 0;
}

/* Goes through the files; returns as sweep_run() does. */
static int go(struct sweep *sweep, const struct interrupt *interrupt, struct failure *why)
{
    struct progress *progress = sweep->options->progress;
    int signal = 0;

    meter_begin(progress_meter(progress), "auditing images", sweep->files->count, false);
    while (!feed(sweep, why)) {
        struct pool_answer answer;

        meter_set(progress_meter(progress), sweep->next - pool_busy(sweep->pool));
        progress_tick(progress);

        if (pool_busy(sweep->pool) == 0)
            return signal;
        if (!pool_wait(sweep->pool, interrupt->fd, &answer)) {
            if (signal)
                return signal;
            signal = interrupt_taken(interrupt);
            if (stop(sweep, why))
                break;
        } else if (feed(sweep, why) || take(sweep, &answer, why)) {
            break;
        }
    }
    return -1;
}

/* One process for each core that we may use, unless told otherwise. */
static unsigned worker_count(const struct options *options, size_t files)
{
    unsigned count = options->jobs;
    cpu_set_t set;

    /* Fails where there are more cores than the set has room for. */
    if (!count)
        count = sched_getaffinity(0, sizeof(set), &set) ? CPU_SETSIZE : (unsigned)CPU_COUNT(&set);
    return count < files ? count : (unsigned)files;
}

int sweep_run(struct fleet *fleet, struct files *files, const struct fleet *old,
              struct journal *journal, const struct options *options, struct failure *why)
{
    struct sweep sweep = {
        .options = options, .files = files, .fleet = fleet, .old = old, .journal = journal};
    struct pool_options pool_options = {.work = examine_file,
                                        .context = (void *)options,
                                        .workers = worker_count(options, files->count),
                                        .timeout = options->timeout,
                                        .jailed = !options->no_sandbox};
    struct interrupt interrupt;
    int result = -1;

    if (files->count == 0)
        return 0;
    if (interrupt_begin(&interrupt, why))
        return -1;
    sweep.jobs = calloc(files->count, sizeof(*sweep.jobs));
    if (!sweep.jobs)
        failure_set_errno(why, ENOMEM, "cannot keep account of %zu images", files->count);
    else if (!pool_open(&sweep.pool, &pool_options, why))
        result = go(&sweep, &interrupt, why);
    progress_hide(options->progress);
    pool_close(sweep.pool);
    free(sweep.jobs);
    interrupt_end(&interrupt);
    return result;
}
