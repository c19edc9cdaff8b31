/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_EXAMINE_H
#define QEDSCRUB_EXAMINE_H

#include "bugreport/record.h"
#include "qedscrub/options.h"
#include "qedscrub/pool.h"

/*
 * An audit's end of the pool: the process that examines a file and sends its record, in bytes that
 * record_from_bytes() reads.
 */

/* Why there is no record; beside STATUS_FAILED and STATUS_NOT_QED. */
#define EXAMINE_CHANGED 4 /* the file was written to meanwhile, and that is not accepted */

/* A pool_work; the context is the options. */
int examine_file(void *options, int fd, const struct message_task *task, char **text, size_t *size,
                 struct failure *why);

/* Whether the records are to have maps. */
bool examine_draws(const struct options *options);

/* A copy of a record. record_free() is due either way. */
int examine_copy(struct record *copy, const struct record *record, struct failure *why);

#endif
