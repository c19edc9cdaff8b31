/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_POOL_H
#define QEDSCRUB_POOL_H

#include "base/failure.h"
#include "qedscrub/message.h"

/*
 * Some processes that read files, each in a sandbox that it enters once. They are handed open
 * descriptors and hand back text; no path ever reaches them. One that dies, or takes too long over
 * a file, is replaced; that file's answer then says what happened.
 */
struct pool;

/*
 * What a process does with a file: returns a status, 0 with the *size bytes of *text, or another
 * one up to 255 with *why. It owns fd, and text is freed with free(). Files come one after another,
 * so that the context may keep what is worth keeping.
 */
typedef int pool_work(void *context, int fd, const struct message_task *task, char **text,
                      size_t *size, struct failure *why);

struct pool_options {
    pool_work *work;
    void *context;    /* each process has its own copy */
    unsigned workers; /* at most; fewer where the system gives no more */
    unsigned timeout; /* seconds for one file, 0: no limit */
    bool jailed;
};

enum pool_end { POOL_ANSWERED, POOL_DIED, POOL_LATE };

struct pool_answer {
    size_t job;
    enum pool_end end;
    uint32_t status; /* the work's, if there was an answer */
    char *text;  /* what the work gave, or why it did not; the caller frees it; NULL: no memory */
    size_t size; /* of what the work gave, in bytes; there is a NUL behind them */
};

/* Processes are started when they are needed. The options are copied. */
int pool_open(struct pool **pool, const struct pool_options *options, struct failure *why);

/* Ends all processes, those at work too. */
void pool_close(struct pool *pool);

/* How many files the pool is at work on, and whether it can take one more. */
unsigned pool_busy(const struct pool *pool);
bool pool_has_room(const struct pool *pool);

/*
 * Hands a file to a process that has nothing to do; job is a number by which the caller knows it.
 * The descriptor is the pool's from then on. Fails only if there is no process at all and none can
 * be started.
 */
int pool_give(struct pool *pool, size_t job, int fd, const struct message_task *task,
              struct failure *why);

/*
 * Waits for one of the files that the pool is at work on: 1 with the answer, or 0 when there is
 * something to read from the descriptor interrupt first (-1: none).
 */
int pool_wait(struct pool *pool, int interrupt, struct pool_answer *answer);

#endif
