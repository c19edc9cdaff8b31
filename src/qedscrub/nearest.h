/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_NEAREST_H
#define QEDSCRUB_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How many letters have to be added, left out or changed, or swapped with their neighbour, to make
 * one word of the other. Words longer than 63 letters are far from everything.
 */
size_t nearest_distance(const char *a, const char *b);

/* What is remembered while candidates are gone through. */
struct nearest {
    const char *typed;
    const char *word; /* the nearest so far; NULL while none is near enough for a slip */
    size_t distance;
};

/*
 * Takes a candidate into account, and says whether it is the nearest so far. A slip changes at most
 * a third of what was typed.
 */
bool nearest_try(struct nearest *nearest, const char *candidate);

#endif
