/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_JOURNAL_H
#define QEDSCRUB_JOURNAL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "bugreport/fleet.h"
#include "bugreport/fleet_read.h"

/*
 * The journal of an audit: a file to which each record is appended as soon as it is there, so that
 * a run that is killed can be gone on with. It is the one output that is not there in full or not
 * at all: its use is to be there when a run does not come to its end.
 *
 * A line is the record that NDJSON has, without what only the whole fleet tells (hard links,
 * backing chains, policy); whoever takes it up works that out again. It goes to the end of the file
 * in one piece. There is no summary. A journal is a record file like others, which is known to be
 * cut.
 *
 * When the machine fails, the system may not have written all of it: it is asked to after a line,
 * but not more than once a second. What is missing then is examined again.
 */
struct journal;

/*
 * Opens the journal, or makes it. Where another process has it open it waits, which it says on
 * standard error, for as long as a file server may hold the lock of a machine that is no more.
 * Refuses symbolic links, what is no regular file, and what is our standard output. Nothing is
 * written yet.
 */
int journal_open(struct journal **journal, const char *path, struct failure *why);

/*
 * Reads what is in it, as fleet_read() does. Refuses a file that ends inside a value where nothing
 * shows that it is ours: it would be cut.
 */
int journal_read(struct journal *journal, struct fleet *fleet, struct fleet_source *source,
                 struct failure *why);

/* Whether a path leads to it. NULL, no journal, is allowed from here on. */
bool journal_is(const struct journal *journal, const char *path);

/*
 * Makes it ready for more lines: cuts off what journal_read() found torn at its end. Refuses a
 * journal that is one of the inputs, of which device and inode are looked at.
 */
int journal_begin(struct journal *journal, const struct stat *inputs, size_t input_count,
                  struct failure *why);

/*
 * Appends a record. Where that fails, on a full disk, an audit is still worth its while: *why is
 * filled the first time, and from then on nothing is appended.
 */
int journal_add(struct journal *journal, const struct fleet_entry *entry, struct failure *why);

/*
 * Closes it, and removes it if it is new and empty. -1 if it does not have all that it was to have;
 * *why may be filled then.
 */
int journal_close(struct journal *journal, struct failure *why);

#endif
