/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_EXTENTS_H
#define QED_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* A range of bytes in a file. */
struct extent {
    uint64_t offset, size;
};

/*
 * A list of byte ranges. They are added in any order, then sorted and united once: what reads the
 * list afterwards sees rising ranges that neither overlap nor touch. Archives demand that order;
 * the tables of an image are in none.
 */
struct extents {
    struct extent *list;
    size_t count, capacity;
};

/* Adds a range; one that begins where the last added range ends, or inside it, extends that one. */
int extents_add(struct extents *extents, uint64_t offset, uint64_t size, struct failure *why);

/* Sorts the ranges and unites those that overlap or touch. */
void extents_sort(struct extents *extents);

/* Index of the first range of a sorted list that ends above offset, count if there is none. */
size_t extents_find(const struct extents *extents, uint64_t offset);

/* Sum of the sizes, in bytes. */
uint64_t extents_total(const struct extents *extents);

void extents_free(struct extents *extents);

#endif
