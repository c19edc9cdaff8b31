/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_PLAN_H
#define QED_TOOL_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* Writes are of one element, or of one byte of the header: the smallest that do the work. */
#define PLAN_MOST_BYTES 8

/* The most writes of one plan: what must fit into memory, and into an undo file. */
#define PLAN_MOST_WRITES ((size_t)1 << 22)

/* size bytes at offset of the image that hold `before` and are to hold `after`. */
struct plan_write {
    uint64_t offset;
    size_t size;
    unsigned char before[PLAN_MOST_BYTES], after[PLAN_MOST_BYTES];
};

/*
 * All that a command is going to do to an image, decided before any of it is done: the writes, and
 * what they mean in words. A plan is made in memory from a source; only edit.c carries it out.
 */
struct plan {
    struct plan_write *writes;
    size_t count, capacity;
    char **notes; /* lines for a person */
    size_t note_count;
};

int plan_add(struct plan *plan, uint64_t offset, const void *before, const void *after, size_t size,
             struct failure *why);

/* The same for one element. */
int plan_add_element(struct plan *plan, uint64_t offset, uint64_t before, uint64_t after,
                     struct failure *why);

int plan_note(struct plan *plan, struct failure *why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Sorts the writes by offset and drops repeated ones; -1 where two of them contradict. */
int plan_finish(struct plan *plan, struct failure *why);

/* Index of the first write of a finished plan that ends above offset, count if there is none. */
size_t plan_find(const struct plan *plan, uint64_t offset);

/* Empties the plan and frees what it holds. */
void plan_free(struct plan *plan);

#endif
