/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_JOURNAL_H
#define QEDSCRUB_JOURNAL_H

#include <stdio.h>
#include <sys/stat.h>

#include "bugreport/fleet.h"
#include "bugreport/fleet_read.h"

/*
 * The journal of an audit: a file to which each record is appended as soon as it is there, so that
 * a run that is killed, alone or with its machine, can be gone on with. It is the one output that
 * is not there in full or not at all: its use is to be there when a run does not come to its end.
 *
 * A line is the record that NDJSON has, without what only the whole fleet tells (hard links,
 * backing chains, policy); whoever takes it up works that out again. It goes to the end of the file
 * in one piece. There is no summary. A journal is a record file like others, which is known to be
 * cut.
 */
struct journal;

/*
 * Opens the journal, or makes it. Refuses symbolic links, what is no regular file, and a journal
 * that another process has open. Nothing is written yet.
 */
int journal_open(struct journal **journal, const char *path, struct failure *why);

/* What is in it, for fleet_read(); the caller closes it. NULL: cannot be read. */
FILE *journal_reader(const struct journal *journal, struct failure *why);

/* Whether a path leads to it. NULL, no journal, is allowed from here on. */
bool journal_is(const struct journal *journal, const char *path);

/*
 * Makes it ready for more lines: cuts off what is torn at its end, by what fleet_read() said of it.
 * Refuses a journal that is one of the inputs, of which device and inode are looked at.
 */
int journal_begin(struct journal *journal, const struct fleet_source *read,
                  const struct stat *inputs, size_t input_count, struct failure *why);

/*
 * Appends a record. Where that fails, on a full disk, an audit is still worth its while: *why is
 * filled the first time, and from then on nothing is appended.
 */
int journal_add(struct journal *journal, const struct fleet_entry *entry, struct failure *why);

/* Closes it, and removes it if it is new and empty. -1 if it does not have all that it was to have;
 * *why may be filled then. */
int journal_close(struct journal *journal, struct failure *why);

#endif
