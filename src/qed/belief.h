/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_BELIEF_H
#define QED_BELIEF_H

#include "qed/audit.h"
#include "qed/block.h"

/*
 * Which tables are taken for tables. QED's have neither magic nor checksum, so a pointer that went
 * astray makes a guest's data look like one, and a stray write puts a guest's data into a genuine
 * one. No test can tell for sure; this one looks at how many of the words that say anything are
 * *good*: valid offsets outside of all tables that nothing else refers to.
 *
 *   sane(good, bad)  bad <= 2 + good / 8
 *
 * An L2 table is suspect if it is not sane as a whole, or if believable tables refer to a cluster
 * of it as data. A block of a believed table is suspect if it is not sane by itself, or if its
 * ones form many more runs than it has good words: arrays of 0 and 1 are data. Words are judged
 * twice, first by their form alone; then references count that were made by what is sane in form,
 * so that a garbage table cannot drag down good ones.
 *
 * The L1 table is believed where qemu always puts it, unless most of it is bad; elsewhere only if
 * it is sane as a whole and in each block. A word of it is good that points at a table of its own.
 * An L2 table to which a suspect block of it points is not taken for one, and left out.
 */

enum belief_reason {
    BELIEVED,
    SUSPECT_L1,      /* the block of the L1 table that led here is suspect */
    SUSPECT_SHARED,  /* referred to as data too */
    SUSPECT_CONTENT, /* too many of its words are bad */
    BELIEF_REASONS
};

const char *belief_reason_name(enum belief_reason reason);

/* A block that is not believed: only these numbers of it survive in a copy. */
struct suspect_block {
    uint64_t offset;
    uint32_t words;      /* other than 0, and in L2 other than 1 */
    uint32_t adjacent;   /* of those, how many follow their predecessor by a cluster */
    uint32_t fresh;      /* clusters that only suspect words refer to, counted for the first one */
    uint64_t first_free; /* where stand-ins for those are looked for: a cluster number */
};

struct table_belief {
    enum belief_reason reason; /* of the table as a whole */
    uint32_t suspect_blocks;   /* of any table */
};

struct belief {
    const struct inventory *inventory;
    struct table_belief *tables;  /* as in the inventory */
    struct suspect_block *blocks; /* by offset */
    size_t block_count, block_capacity;
    struct claims occupied; /* clusters of tables, and that believed words refer to */
};

/* Judges an audited image. faithful: believe everything. belief_free() is due either way. */
int belief_init(struct belief *belief, struct source *source, const struct audit *audit,
                bool faithful, struct failure *why);
void belief_free(struct belief *belief);

/* The suspect block that holds the byte at offset, NULL if it is believed. */
const struct suspect_block *belief_find(const struct belief *belief, uint64_t offset);

#endif
