/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_SWEEP_H
#define QEDSCRUB_SWEEP_H

#include "bugreport/fleet.h"
#include "qedscrub/files.h"
#include "qedscrub/journal.h"
#include "qedscrub/options.h"

/*
 * Audits the files of a list, a few at a time, and adds an entry for each to the fleet, which is
 * left unfinished. What is known in the list is taken over from old, the finished fleet of an
 * earlier run (NULL: none); all else goes to the journal too (NULL: none). What cannot be examined
 * becomes an entry that says why.
 *
 * When a signal asks for the end, the files at work are finished, what is known is taken over, the
 * fleet is marked as interrupted, and the number of the signal is returned; a second one does not
 * wait for files. 0: all was done; -1: *why says what keeps us from auditing anything.
 */
int sweep_run(struct fleet *fleet, struct files *files, const struct fleet *old,
              struct journal *journal, const struct options *options, struct failure *why);

#endif
