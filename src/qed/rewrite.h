/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_REWRITE_H
#define QED_REWRITE_H

#include <stdbool.h>

#include "qed/table.h"

/*
 * What becomes of the words of a believed part of a table on their way into a metadata image: 0, 1
 * and valid offsets stay, and a marker stands for all else. Of an image's bytes nothing else goes
 * out.
 */

struct scrub_counts {
    uint64_t kept;      /* words other than 0 that went out as they were */
    uint64_t rewritten; /* words that a marker stands for */
    uint64_t stand_ins; /* words that stand where a block was not believed */
};

/* Of an image; what stands for a word can depend on the last one in front of it. */
struct rewriter {
    const struct geometry *geometry;
    uint64_t file_size;
    bool has_last;
    uint64_t last_in, last_out;
};

/* What comes next follows nothing: the start of a table, or behind what is not believed. */
static inline void rewriter_break(struct rewriter *rewriter)
{
    rewriter->has_last = false;
}

/*
 * Rewrites size bytes of a table where they stand, and counts. The end of the file may cut the last
 * word: half of a marker that follows would follow nothing, so that one is plain.
 */
void rewrite_bytes(struct rewriter *rewriter, enum table_level level, unsigned char *bytes,
                   size_t size, struct scrub_counts *counts);

#endif
