/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_JUDGE_PARTS_H
#define QED_JUDGE_PARTS_H

#include "qed/judge.h"

/* The parts of judging, for judge.c and judge_l1.c. */

bool judge_is_sane(const struct judge_tally *tally);

/*
 * Adds a block to its table's tally. Whatever stands in for a block adds no more to that of a copy,
 * so that what is believed once is believed in a copy of a copy too.
 */
void judge_add_block(struct judge_tally *table, const struct judge_tally *block);

/* Number of the block of the L1 table that holds the byte at offset. */
uint64_t judge_l1_block(const struct judge *judge, uint64_t offset);

/*
 * Judges the L1 table, as a whole unless it stands at its usual place: fills in suspect_l1 and
 * pointed, and marks the tables that no believed word of it points at.
 */
int judge_l1(struct judge *judge, bool usual_place, struct failure *why);

static inline uint64_t judge_cluster(const struct judge *judge, uint64_t word)
{
    return word >> judge->geometry->cluster_bits;
}

static inline bool judge_is_valid(const struct judge *judge, enum table_level level, uint64_t word)
{
    return table_classify(judge->geometry, level, word, NULL) == ELEMENT_VALID;
}

static inline enum table_level judge_level(const struct judge *judge, size_t table)
{
    return judge->inventory->tables[table].level;
}

#endif
