/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_STANDIN_H
#define QED_STANDIN_H

#include "qed/belief.h"
#include "qed/marker.h"

/*
 * What stands in a copy where a block is not believed: words that nobody wrote, with the same
 * counts. What qemu-img check counts does not depend on who claims what, only on sums over all
 * tables that it reads:
 *
 *   corruptions = invalid words + clusters claimed by all words - different clusters claimed
 *   leaks       = clusters of the file - different clusters claimed
 *
 * So each suspect word becomes a marker, or a reference to a free cluster, the lowest first: as
 * many of those, over all suspect blocks, as it takes to claim as many different clusters as
 * before. A suspect word of the L1 table that is invalid becomes a marker too; one that pointed at
 * a table that was read points at a free place now, where the stand-ins for that table are; any
 * other points at an empty table or, for nothing but corruptions, at the L1 table itself.
 *
 * Nothing of this depends on what the words were, but on how many there are in each block, how many
 * pointers, how many clusters are claimed, and how many words follow their predecessor.
 */

/*
 * Completes a belief: decides where tables that suspect words pointed at are to stand, and the
 * stand-ins of each suspect block. All words of the copy are to claim so many clusters as those of
 * the original, less those that are known to be missing; belief->shortfall tells by how many that
 * failed.
 */
int standin_plan(struct belief *belief, const struct audit *audit, uint64_t missing,
                 struct failure *why);

/* Decides on the stand-ins of all blocks, with so many references among those for L2 tables. */
void standin_arrange(struct belief *belief, uint64_t references);

/* The words of a copy in place of a suspect block, from its start on; the rest are 0. */
void standin_words(const struct belief *belief, const struct suspect_block *block,
                   uint64_t words[BLOCK_WORDS]);

#endif
