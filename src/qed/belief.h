/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_BELIEF_H
#define QED_BELIEF_H

#include "qed/judge.h"

/*
 * What a copy is made of, once judge.h has decided what is believed: the words of believed blocks,
 * and of each suspect block no more than a few counts. standin.h makes words of those.
 */

/* A block that is not believed: of what it held only words and pointers are known. */
struct suspect_block {
    uint64_t offset; /* in the copy; see table_belief.place */
    size_t table;
    uint32_t words;    /* other than 0, and in L2 other than 1 */
    uint32_t pointers; /* L1: of those, how many point at tables or at what could be one */
    bool joined;       /* the word before the first one is in a suspect block of the same table; */
    uint64_t before;   /* otherwise that word, 0 if there is none or it is invalid */

    /* How its stand-ins are made up; see standin_words(). */
    uint32_t
        references; /* words that refer to a cluster, in L1 to a table; the others are markers */
    uint64_t first; /* the first of those clusters, in L1 an index of belief.pointers */
    uint32_t rising, first_marker, chain;
};

struct table_belief {
    enum belief_reason reason; /* of the table as a whole */
    uint32_t suspect_blocks;   /* of any table */
    uint64_t place; /* where stand-ins for it are in the copy, 0 if nowhere: what a suspect word
                       pointed at stands elsewhere there, all others where they were */
};

/* What of a suspect image a copy could not have. */
struct belief_shortfall {
    uint64_t tables;   /* that found no room */
    uint64_t clusters; /* that nothing refers to in the copy, though something did; */
    uint64_t surplus;  /* and the reverse */
    uint64_t pairs;    /* words that followed their predecessor */
    uint64_t words;    /* for which the end of the file left no room */
};

struct belief {
    const struct inventory *inventory;
    struct table_belief *tables;  /* as in the inventory */
    struct suspect_block *blocks; /* by offset */
    size_t block_count, block_capacity;
    uint64_t *pointers; /* stand-ins for pointers in suspect blocks of the L1 table */
    size_t pointer_count;
    bool judged;            /* else everything is believed, and words is not filled in */
    struct extents words;   /* grains of the copy that hold a word other than 0, sorted */
    struct claims occupied; /* clusters that the copy's words claim, but for references among
                               stand-ins */
    uint64_t pairs;         /* words of suspect blocks that follow their predecessor */
    struct belief_shortfall shortfall;
};

/* Judges an audited image. faithful: believe everything. belief_free() is due either way. */
int belief_init(struct belief *belief, struct source *source, const struct audit *audit,
                bool faithful, struct failure *why);
void belief_free(struct belief *belief);

/* The suspect block that holds the byte at offset of the copy, NULL if there is none. */
const struct suspect_block *belief_find(const struct belief *belief, uint64_t offset);

#endif
