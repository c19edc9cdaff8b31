/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_STANDIN_H
#define QED_STANDIN_H

#include "qed/belief.h"

/*
 * What stands in a copy where a block is not believed: words that nobody wrote, with the same
 * counts. Each word that was invalid, or whose cluster something else refers to as well, is
 * represented by a marker; each cluster that only suspect words referred to by a reference to a
 * free cluster, the lowest first. So qemu-img check counts as many corruptions, leaks and
 * allocated clusters as before; the order of the words is chosen to keep its fragmented ones.
 */

/* "REDACTED" in the file. No cluster size divides it, so it is an invalid offset everywhere. */
#define STANDIN_MARKER UINT64_C(0x4445544341444552)

/* Completes the list of suspect blocks: fresh and first_free of each. */
int standin_plan(struct belief *belief, struct source *source, struct failure *why);

/* The words of a copy in place of a suspect block, from its start on; the rest are 0. */
void standin_words(const struct belief *belief, const struct suspect_block *block,
                   uint64_t words[BLOCK_WORDS]);

#endif
