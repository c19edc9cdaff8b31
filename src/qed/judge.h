/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_JUDGE_H
#define QED_JUDGE_H

#include "qed/audit.h"
#include "qed/block.h"

/*
 * Which tables are taken for tables. QED's have neither magic nor checksum, so a pointer that went
 * astray makes a guest's data look like one, and a stray write puts a guest's data into a genuine
 * one. No test can tell for sure; this one looks at how many of the words that say anything are
 *
 *   good      valid offsets outside of all tables, to which nothing else refers, behind the table
 *   claimed   valid offsets of tables, or to which something else refers
 *   in front  other valid offsets in front of the table
 *   bad       all others
 *
 *   sane      doubtful + bad <= 2 + good / 8, and <= good unless there is none good, when nothing
 *             but places would come out; doubtful <= good; doubtful = claimed + in front
 *
 * QEMU allocates at the end of the file, so what a table refers to lies behind it, but for the
 * clusters of the very write that it was made for, which lie right in front of it in order.
 *
 * A block is suspect that is not sane, or whose ones form many more runs than it has good words:
 * arrays of 0 and 1 are data. A table is suspect as a whole if it is not sane when good words count
 * in plausible blocks only and words in front not at all, or if believable tables refer to a
 * cluster of it as data. Words are judged twice, first by their form alone; then references count
 * that were made by what is sane in form, so that a garbage table cannot drag down good ones.
 *
 * In the L1 table a word is good that points at a table of its own behind it. That table stands
 * right behind the header, and is judged there by its blocks alone; elsewhere as a whole too. What
 * a suspect block of it points at is not taken for a table.
 *
 * Two kinds of bad word are not held against a block: markers, so that a copy is judged no worse
 * than its original, and words behind the end of the file that go on from their predecessor, which
 * is what a file that was cut leaves in a table.
 */

enum belief_reason {
    BELIEVED,
    SUSPECT_L1,      /* the block of the L1 table that led here is suspect */
    SUSPECT_SHARED,  /* referred to as data too */
    SUSPECT_CONTENT, /* too many of its words are bad */
    BELIEF_REASONS,
};

const char *belief_reason_name(enum belief_reason reason);

struct judge_tally {
    uint64_t good, claimed, in_front, bad, runs_of_ones;
};

/* What is known while an image is judged, and the verdicts. */
struct judge {
    struct source *source;
    const struct inventory *inventory;
    const struct geometry *geometry;
    uint64_t l1_offset;
    enum belief_reason *reasons; /* of each table as a whole, as in the inventory */
    struct judge_tally *tallies; /* of each L2 table */
    struct claims suspect_l1;    /* blocks of the L1 table, by number */
    struct claims pointed;       /* clusters of the L1 table, and that believed words of it claim */
    struct claims once, twice;   /* clusters that plausible blocks refer to */
};

/*
 * Whether an audited image has anything to judge. One whose elements are all valid and claim all
 * their clusters alone has not, unless it has zero clusters, which could be an array of ones, or
 * words that lie in front of their table; but those are looked for only where there are few tables,
 * since large healthy images are not to pay for it.
 */
int judge_is_needed(struct source *source, const struct audit *audit, bool *needed,
                    struct failure *why);

/* Judges an audited image. judge_free() is due either way. */
int judge_init(struct judge *judge, struct source *source, const struct audit *audit,
               struct failure *why);
void judge_free(struct judge *judge);

/* Whether a block is suspect, by itself or since its table is. */
bool judge_suspects(const struct judge *judge, const struct block_cursor *block);

#endif
