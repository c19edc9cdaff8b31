/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CREW_H
#define BASE_CREW_H

#include <stddef.h>

#include "base/failure.h"

/*
 * Work done side by side and taken back in the order in which it was given out.
 *
 * The jobs are an array of the caller's, used as a ring: fill the one that crew_vacant() names,
 * hand it out with crew_give(), and get the oldest one back, done, from crew_take(). While it would
 * have to wait there, the caller's thread works too; so a crew of one needs no threads, and one
 * whose threads cannot be started is only slower.
 */
struct crew;

/*
 * Does a job. Different jobs are done at the same time, on different threads; those with the same
 * worker, a number below the size of the crew, never are, so that it can stand for tools.
 */
typedef void crew_work(void *job, unsigned worker);

/*
 * How many workers a crew is to have: as many as asked for, or, for 0, one for each core, but not
 * more than one thread that hands out the work can keep busy.
 */
unsigned crew_size(unsigned asked);

/*
 * Starts a crew of size workers, the caller among them. jobs are count >= 2 objects of job_size
 * bytes; they stay the caller's and must outlive the crew.
 */
int crew_start(struct crew **crew, unsigned size, crew_work *work, void *jobs, size_t job_size,
               size_t count, struct failure *why);

/* Waits for what is being worked on, and frees the crew. What was not begun is not done. */
void crew_end(struct crew *crew);

/*
 * The job to fill next, or NULL where one must be taken first. The one that was taken last stays as
 * it is until the next crew_take().
 */
void *crew_vacant(struct crew *crew);

/* Hands out the job that crew_vacant() named. */
void crew_give(struct crew *crew);

/* The oldest job that was given out and not taken, when it is done; NULL where there is none. */
void *crew_take(struct crew *crew);

#endif
