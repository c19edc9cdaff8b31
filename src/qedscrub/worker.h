/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_WORKER_H
#define QEDSCRUB_WORKER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "qedscrub/options.h"

/*
 * Untrusted bytes are parsed in a child process, in a sandbox. The parent opens all that is needed
 * before: source, output, output directory. The child reads, and writes to what is open; the parent
 * publishes what was written when the child says that all went well. A crash of the child is a
 * failure like others.
 */

/*
 * The work of a child: returns the exit status (0 to 255), with *why filled if that is not
 * success. What it prints to out the parent gets when it has ended. Everything that the context
 * points at is a copy, and what the child changes in it is lost.
 */
typedef int worker_function(void *context, FILE *out, struct failure *why);

/*
 * Does a work in a child and waits for it; name is that of the file it reads, for messages. Returns
 * what it returned, STATUS_FAILED if it crashed or was killed, which *why then tells. *text is what
 * it printed, to be freed by the caller whatever the status; NULL if nothing came.
 */
int worker_run(worker_function *work, void *context, const char *name,
               const struct options *options, char **text, struct failure *why);

/*
 * What a child of one's own making is to do first, parent being who forked it: it ends when the
 * parent does, takes SIGINT, SIGTERM and SIGHUP as any program, and enters the sandbox if jailed.
 * Returns the layers of it that hold; see base/sandbox.h.
 */
unsigned worker_enter(pid_t parent, bool jailed);

/* Says of a child that did not come to an end by itself how that was; status is waitpid()'s. */
void worker_explain(int status, struct failure *why);

#endif
