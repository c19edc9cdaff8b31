/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_GATHER_H
#define QEDSCRUB_GATHER_H

#include "bugreport/fleet.h"
#include "qedscrub/files.h"
#include "qedscrub/name_list.h"
#include "qedscrub/options.h"

/* The files that a command line stands for: those of its words, or of the list it names. */
struct gathered {
    struct name_list names; /* of --files0-from */
    struct files files;
    struct stat *inputs; /* their identities, which are all that is set in it: no output may
                            replace them */
};

/*
 * Finds them; old is what an earlier run knows, finished, or NULL. Says on standard error what was
 * left out. gather_free() is due either way.
 */
int gather(struct gathered *gathered, const struct options *options, const struct fleet *old,
           struct failure *why);

void gather_free(struct gathered *gathered);

#endif
