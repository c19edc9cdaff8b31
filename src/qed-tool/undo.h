/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_UNDO_H
#define QED_TOOL_UNDO_H

#include <sys/stat.h>

#include "qed-tool/plan.h"

/*
 * What an undo file holds: the bytes that stood in an image and those that were to be written over
 * them. It is JSON:
 *
 *   {"schema": "qed-tool-undo/1",
 *    "image": {"length": 458752, "device": 65025, "inode": 1234},
 *    "writes": [{"offset": 327824, "old": "0000000000000000", "new": "0000060000000000"}]}
 *
 * A file that is read back may come from anywhere. It can hold only what this program writes: whole
 * elements behind the header, and the need-check bit.
 */
struct undo {
    uint64_t length, device, inode; /* of the image */
    struct plan plan;               /* the writes that were made; finished */
};

/* Writes an undo file for a plan, complete and durable, or fails; nothing is ever replaced. */
int undo_save(const char *path, const struct plan *plan, const struct stat *image,
              struct failure *why);

/* Reads an undo file. undo_free() is due even if this fails. */
int undo_load(struct undo *undo, const char *path, struct failure *why);

/* The same from memory. */
int undo_decode(struct undo *undo, const char *text, size_t size, struct failure *why);

void undo_free(struct undo *undo);

#endif
