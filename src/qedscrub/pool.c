/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "qedscrub/status.h"
#include "qedscrub/worker.h"

struct worker {
    pid_t process; /* 0: none */
    int socket;
    int file; /* what it is at work on, or -1 */
    size_t job;
    int64_t due; /* milliseconds, when it has had long enough */
    struct message_buffer answer;
};

struct pool {
    struct pool_options options;
    struct pollfd *polled; /* one for each worker, and one for the caller's descriptor */
    unsigned busy;
    struct worker workers[];
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/*
 * Buffers of this size, which one file after another needs again, are kept when they are freed:
 * new ones would come page by page from the system, at the price of half an audit.
 */
#define KEPT_MEMORY (32 << 20)

/* A process's work: file after file, until the other end of its socket is closed. */
static int serve(const struct pool_options *options, int from)
{
    struct message_task task;
    int fd, more;

    mallopt(M_MMAP_THRESHOLD, KEPT_MEMORY);
    mallopt(M_TRIM_THRESHOLD, KEPT_MEMORY);
    while ((more = message_take_task(from, &task, &fd)) > 0) {
        struct failure why = {0};
        char *text = NULL;
        size_t size = 0;
        int status = options->work(options->context, fd, &task, &text, &size, &why);
        const char *say = status ? why.text : text;
        int sent = message_send_answer(from, (uint32_t)status, say, status ? strlen(say) : size);

        free(text);
        if (sent)
            return STATUS_FAILED;
    }
    return more ? STATUS_FAILED : STATUS_OK;
}

/* Leaves nothing open but the socket and standard error: all else is none of its business. */
static int keep_only(int *socket)
{
    int null = open("/dev/null", O_WRONLY);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(*socket, STDERR_FILENO + 1) < 0)
        return -1;
    *socket = STDERR_FILENO + 1;
    return close_range(STDERR_FILENO + 2, ~0U, 0);
}

static int start(struct pool *pool, struct worker *worker)
{
    int ends[2];
    pid_t parent = getpid(), process;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return -1;
    fflush(NULL);
    process = fork();
    if (process == 0) {
        if (keep_only(&ends[1]))
            _exit(STATUS_FAILED);
        worker_enter(parent, pool->options.jailed);
        exit(serve(&pool->options, ends[1]));
    }
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return -1;
    }
    worker->process = process;
    worker->socket = ends[0];
    return 0;
}

/* Ends a process, however it is, and returns what waitpid() says of it. */
static int end(struct worker *worker)
{
    int status = 0;

    kill(worker->process, SIGKILL);
    while (waitpid(worker->process, &status, 0) < 0 && errno == EINTR)
        ;
    close(worker->socket);
    worker->process = 0;
    return status;
}

/* Makes a worker free for another file. */
static void release(struct pool *pool, struct worker *worker)
{
    close(worker->file);
    worker->file = -1;
    message_reset(&worker->answer);
    pool->busy--;
}

int pool_open(struct pool **pool, const struct pool_options *options, struct failure *why)
{
    struct pool *opened = calloc(1, sizeof(*opened) + options->workers * sizeof(struct worker));
    struct pollfd *polled = calloc(options->workers + 1, sizeof(*polled));

    if (!opened || !polled) {
        free(opened);
        free(polled);
        return failure_set_errno(why, ENOMEM, "cannot start processes to read in");
    }
    opened->options = *options;
    opened->polled = polled;
    for (unsigned i = 0; i < options->workers; i++)
        opened->workers[i] = (struct worker){.file = -1};
    for (unsigned i = 0; i < options->workers && !start(opened, &opened->workers[i]); i++)
        ;
    if (!pool_has_room(opened)) {
        failure_set_errno(why, errno, "cannot start a process to read in");
        pool_close(opened);
        return -1;
    }
    *pool = opened;
    return 0;
}

void pool_close(struct pool *pool)
{
    if (!pool)
        return;
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct worker *worker = &pool->workers[i];

        if (worker->file >= 0)
            release(pool, worker);
        if (worker->process)
            end(worker);
    }
    free(pool->polled);
    free(pool);
}

unsigned pool_busy(const struct pool *pool)
{
    return pool->busy;
}

static struct worker *find_idle(const struct pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++) {
        const struct worker *worker = &pool->workers[i];

        if (worker->process && worker->file < 0)
            return (struct worker *)worker;
    }
    return NULL;
}

bool pool_has_room(const struct pool *pool)
{
    return find_idle(pool) != NULL;
}

/* A process that died while it had nothing to do is replaced. */
static int hand_over(struct pool *pool, struct worker *worker, const struct message_task *task,
                     int fd)
{
    if (!message_send_task(worker->socket, task, fd))
        return 0;
    end(worker);
    if (start(pool, worker))
        return -1;
    if (!message_send_task(worker->socket, task, fd))
        return 0;
    end(worker);
    return -1;
}

int pool_give(struct pool *pool, size_t job, int fd, const struct message_task *task,
              struct failure *why)
{
    struct worker *worker;

    while ((worker = find_idle(pool)) && hand_over(pool, worker, task, fd))
        ;
    if (!worker) {
        close(fd);
        return failure_set(why, "there is no process left to read in");
    }
    worker->file = fd;
    worker->job = job;
    worker->due = pool->options.timeout ? now() + (int64_t)pool->options.timeout * 1000 : INT64_MAX;
    pool->busy++;
    return 0;
}

/* What there is to say when a process has to be ended in the middle of its work. */
static char *explain_end(struct pool *pool, struct worker *worker, bool late, bool nonsense)
{
    struct failure why = {0};
    int status = end(worker);

    if (late)
        failure_set(&why, "was not read to its end within %u s (--timeout)", pool->options.timeout);
    else if (nonsense)
        failure_set(&why, "the process that read it answered nonsense");
    else
        worker_explain(status, &why);
    start(pool, worker);
    return strdup(why.text);
}

/* Whether a worker has come to an end, well or badly. */
static bool take_answer(struct pool *pool, struct worker *worker, int64_t time,
                        struct pool_answer *answer)
{
    struct message_buffer *buffer = &worker->answer;
    int taken = message_take_answer(worker->socket, buffer);
    bool nonsense = taken < 0 && errno == EPROTO, late = taken == 0 && time >= worker->due;

    if (taken == 0 && !late)
        return false;
    *answer = (struct pool_answer){.job = worker->job, .end = late ? POOL_LATE : POOL_DIED};
    if (taken > 0) {
        answer->end = POOL_ANSWERED;
        answer->status = buffer->answer.status;
        answer->text = buffer->text;
        answer->size = buffer->answer.size;
        buffer->text = NULL;
    } else {
        answer->text = explain_end(pool, worker, late, nonsense);
    }
    release(pool, worker);
    return true;
}

/* How long poll() may wait, in milliseconds. */
static int patience(const struct pool *pool)
{
    int64_t due = INT64_MAX, time = now();

    for (unsigned i = 0; i < pool->options.workers; i++) {
        if (pool->workers[i].file >= 0 && pool->workers[i].due < due)
            due = pool->workers[i].due;
    }
    if (due == INT64_MAX)
        return -1;
    if (due <= time)
        return 0;
    return due - time < INT32_MAX ? (int)(due - time) : INT32_MAX;
}

static void wait_for_any(struct pool *pool, int interrupt)
{
    unsigned count = pool->options.workers;

    for (unsigned i = 0; i < count; i++) {
        const struct worker *worker = &pool->workers[i];

        pool->polled[i] = (struct pollfd){worker->file < 0 ? -1 : worker->socket, POLLIN, 0};
    }
    pool->polled[count] = (struct pollfd){interrupt, POLLIN, 0};
    if (poll(pool->polled, count + 1, patience(pool)) < 0) {
        for (unsigned i = 0; i <= count; i++)
            pool->polled[i].revents = 0;
    }
}

int pool_wait(struct pool *pool, int interrupt, struct pool_answer *answer)
{
    for (;;) {
        int64_t time;

        wait_for_any(pool, interrupt);
        if (pool->polled[pool->options.workers].revents)
            return 0;
        time = now();
        for (unsigned i = 0; i < pool->options.workers; i++) {
            struct worker *worker = &pool->workers[i];

            if (worker->file >= 0 && (pool->polled[i].revents || time >= worker->due) &&
                take_answer(pool, worker, time, answer))
                return 1;
        }
    }
}
