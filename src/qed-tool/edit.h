/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_EDIT_H
#define QED_TOOL_EDIT_H

#include <sys/stat.h>

#include "qed-tool/plan.h"

/* The one way to change an image: open and lock it, then carry a plan out. */
struct edit {
    int fd;
    struct stat stat; /* when it was opened */
};

/*
 * Opens the regular file at path for writing and locks it as qemu does for a virtual machine. Fails
 * where any other process has it in use. What is decided from an image must be read after this.
 * edit_close() is due even if it fails; it also gives up the locks.
 */
int edit_open(struct edit *edit, const char *path, struct failure *why);
void edit_close(struct edit *edit);

/* What became of the image. */
enum edit_outcome {
    EDIT_UNTOUCHED, /* nothing was written */
    EDIT_DONE,      /* all writes are made, durable, and were read back */
    EDIT_RESTORED,  /* one failed; the old bytes are back in all places */
    EDIT_TORN,      /* one failed, and so did putting the old bytes back */
};

/*
 * Carries a finished plan out, all of it or nothing: checks that every place holds what the plan
 * says, saves an undo file under the name undo (NULL: none), writes, syncs, reads back. Signals
 * that would end the program wait meanwhile. *outcome is set either way.
 */
int edit_apply(const struct edit *edit, const struct plan *plan, const char *undo,
               enum edit_outcome *outcome, struct failure *why);

#endif
