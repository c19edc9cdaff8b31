/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_INTERRUPT_H
#define QEDSCRUB_INTERRUPT_H

#include <signal.h>

#include "base/failure.h"

/*
 * SIGINT, SIGTERM and SIGHUP as something to read, for work that is to be brought to a good end
 * when one of them comes. Processes that are forked meanwhile are not disturbed by them. One that
 * was ignored before, as nohup has it, stays so.
 */
struct interrupt {
    int fd;       /* is readable when one has come */
    sigset_t old; /* signals that were blocked before */
};

int interrupt_begin(struct interrupt *interrupt, struct failure *why);

/* The number of a signal that has come since this was asked last; 0: none. */
int interrupt_taken(const struct interrupt *interrupt);

/* Signals do again what they did before; one that has come and was not taken does it now. */
void interrupt_end(struct interrupt *interrupt);

#endif
