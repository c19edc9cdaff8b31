/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_PROGRESS_H
#define QEDSCRUB_PROGRESS_H

#include <stdio.h>
#include <sys/signalfd.h>

#include "base/failure.h"
#include "base/meter.h"

/*
 * Tells on standard error how far a work is: phase, done and total in one unit, rate, time left. On
 * a terminal that is one line that is written over and disappears in the end, elsewhere nothing,
 * unless lines are asked for; with SIGUSR1 a line comes at any time, unless nothing
 * at all is to be said. What is quick is not worth a
 * line: the first one comes after half a second.
 */
enum progress_mode { PROGRESS_NONE, PROGRESS_ON_SIGNAL, PROGRESS_ONE_LINE, PROGRESS_LINES };

/* How many files can be watched. */
#define PROGRESS_WATCHED 2

struct progress {
    struct meter *meter; /* what the work moves, in memory shared with children; NULL: none */
    enum progress_mode mode;
    int signal_fd; /* readable when SIGUSR1 has come; -1: it is not heard */
    sigset_t old;  /* signals that were blocked before */
    double due;    /* when the next line is, as of meter_now() */
    bool line_is_shown;
    struct progress_file {
        int fd;            /* its position is what is done; 0: none */
        const char *phase; /* in which that is so */
    } watched[PROGRESS_WATCHED];
};

/* Begins to look. Without memory or signals there is no progress to tell, and no failure. */
void progress_begin(struct progress *progress, enum progress_mode mode);

/* What the work is to move. This and what follows takes NULL, where nobody looks. */
static inline struct meter *progress_meter(const struct progress *progress)
{
    return progress ? progress->meter : NULL;
}

/*
 * From here on the position of a file, which some process is reading, tells how far a phase is,
 * until the work begins another one. A phase of NULL ends that.
 */
void progress_watch(struct progress *progress, const char *phase, int fd);

/* The same of one more file, once the work begins that phase: with this very pointer. */
void progress_watch_later(struct progress *progress, const char *phase, int fd);

/* Shows what is due. Called now and then, at least after each progress_timeout(). */
void progress_tick(struct progress *progress);

/* Milliseconds until there can be something to show, as poll() takes them; -1: only a signal. */
int progress_timeout(const struct progress *progress);

/*
 * Waits until there is something to read from a descriptor, and shows meanwhile what is due.
 * NULL does not wait.
 */
void progress_wait(struct progress *progress, int fd);

/* Takes the line away, so that something else can be said. */
void progress_hide(struct progress *progress);

void progress_end(struct progress *progress);

/* Room for a line. */
#define PROGRESS_LINE 128

/* The line for a meter whose phase has taken so many seconds; what is not known is left out. */
void progress_line(char line[PROGRESS_LINE], const struct meter *meter, double seconds);

#endif
