/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_CLAIMS_H
#define QED_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/*
 * Which clusters have an owner: a set of cluster numbers below a limit, one bit each. Memory comes
 * in blocks as numbers are claimed, so that it grows with the clusters in use and not with the size
 * that a file or a header pretends to have.
 */
struct claims {
    uint64_t limit;   /* numbers are below */
    uint64_t claimed; /* how many are in the set */
    uint64_t **blocks;
    uint64_t *used; /* indices of the blocks that exist */
    size_t used_count, used_capacity;
};

int claims_init(struct claims *claims, uint64_t limit, struct failure *why);
void claims_free(struct claims *claims);

/*
 * Claims the longest part of [number, number + count) from number on whose members were all free
 * before, or all taken. Says which in *taken and returns the length of the part, 0 if memory ran
 * out (*why is filled). count > 0, and the range lies below the limit.
 */
uint64_t claims_take(struct claims *claims, uint64_t number, uint64_t count, bool *taken,
                     struct failure *why);

/* Claims all of a range and adds to *taken how many of its members were taken before. */
int claims_take_all(struct claims *claims, uint64_t number, uint64_t count, uint64_t *taken,
                    struct failure *why);

bool claims_holds(const struct claims *claims, uint64_t number);

/*
 * Finds the first free range at or after from and below end (at most the limit). False if there is
 * none.
 */
bool claims_next_free(const struct claims *claims, uint64_t from, uint64_t end, uint64_t *first,
                      uint64_t *count);

#endif
