/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/crew.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define MOST_UNASKED 8

struct worker {
    struct crew *crew;
    unsigned number;
    pthread_t thread;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t job_given, job_done;
    crew_work *work;
    unsigned char *jobs;
    size_t job_size, count;
    uint64_t given, begun, taken; /* jobs so far; begun in this order, too */
    bool *done;                   /* by place in the ring */
    bool ending;
    struct worker *workers; /* the caller, number 0, is not among them */
    unsigned worker_count;
};

unsigned crew_size(unsigned asked)
{
    cpu_set_t set;

    if (asked)
        return asked;
    /* Fails where there are more cores than the set has room for. */
    if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) > MOST_UNASKED)
        return MOST_UNASKED;
    return (unsigned)CPU_COUNT(&set);
}

static void *job_at(const struct crew *crew, uint64_t number)
{
    return crew->jobs + (size_t)(number % crew->count) * crew->job_size;
}

/* Does the oldest job that nobody has begun. The lock is held, but not while working. */
static void do_one(struct crew *crew, unsigned worker)
{
    uint64_t number = crew->begun++;

    pthread_mutex_unlock(&crew->lock);
    crew->work(job_at(crew, number), worker);
    pthread_mutex_lock(&crew->lock);
    crew->done[number % crew->count] = true;
    pthread_cond_signal(&crew->job_done);
}

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct crew *crew = worker->crew;

    pthread_mutex_lock(&crew->lock);
    while (!crew->ending) {
        if (crew->begun < crew->given)
            do_one(crew, worker->number);
        else
            pthread_cond_wait(&crew->job_given, &crew->lock);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Signals are for the caller's thread. */
static void start_workers(struct crew *crew, unsigned wanted)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (crew->worker_count < wanted) {
        struct worker *worker = &crew->workers[crew->worker_count];

        *worker = (struct worker){.crew = crew, .number = crew->worker_count + 1};
        if (pthread_create(&worker->thread, NULL, run_worker, worker))
            break;
        crew->worker_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int crew_start(struct crew **crew, unsigned size, crew_work *work, void *jobs, size_t job_size,
               size_t count, struct failure *why)
{
    struct crew *started = calloc(1, sizeof(*started));
    struct worker *workers = calloc(size, sizeof(*workers));
    bool *done = calloc(count, sizeof(*done));

    if (!started || !workers || !done) {
        free(started);
        free(workers);
        free(done);
        return failure_set_errno(why, ENOMEM, "cannot start threads");
    }
    *started = (struct crew){.work = work,
                             .jobs = jobs,
                             .job_size = job_size,
                             .count = count,
                             .done = done,
                             .workers = workers};
    pthread_mutex_init(&started->lock, NULL);
    pthread_cond_init(&started->job_given, NULL);
    pthread_cond_init(&started->job_done, NULL);
    start_workers(started, size - 1);
    *crew = started;
    return 0;
}

void crew_end(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->ending = true;
    pthread_cond_broadcast(&crew->job_given);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->worker_count; i++)
        pthread_join(crew->workers[i].thread, NULL);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->job_given);
    pthread_cond_destroy(&crew->job_done);
    free(crew->workers);
    free(crew->done);
    free(crew);
}

/* given and taken are changed by the caller's thread alone, so it reads them without the lock. */
void *crew_vacant(struct crew *crew)
{
    return crew->given - crew->taken < crew->count - 1 ? job_at(crew, crew->given) : NULL;
}

void crew_give(struct crew *crew)
{
    pthread_mutex_lock(&crew->lock);
    crew->given++;
    pthread_cond_signal(&crew->job_given);
    pthread_mutex_unlock(&crew->lock);
}

void *crew_take(struct crew *crew)
{
    size_t place = (size_t)(crew->taken % crew->count);

    if (crew->taken == crew->given)
        return NULL;
    pthread_mutex_lock(&crew->lock);
    while (!crew->done[place]) {
        if (crew->begun < crew->given)
            do_one(crew, 0);
        else
            pthread_cond_wait(&crew->job_done, &crew->lock);
    }
    crew->done[place] = false;
    pthread_mutex_unlock(&crew->lock);
    return job_at(crew, crew->taken++);
}
