/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_WALK_H
#define QED_WALK_H

#include "qed/claims.h"
#include "qed/table.h"

/*
 * The walk over an image's tables as qemu does it: the L1 table first, then in rising L1 index
 * every L2 table, and the elements of each. On its way it claims clusters, first come, first
 * served; a table of which a cluster was claimed before is skipped, so that every table is read
 * once however many elements point at it. Source: qed_check_l1_table() and qed_check_l2_table() of
 * qemu's block/qed-check.c.
 */

/*
 * qemu numbers a cluster offset / (cluster_size - 1), meaning offset / cluster_size: one number in
 * cluster_size - 1 belongs to no cluster. Which numbers are claimed decides which tables are
 * skipped, so figures that are to equal qemu's need a walk with its numbering.
 */
enum walk_numbering { WALK_TRUE, WALK_QEMU };

enum walk_event {
    WALK_BAD_POINTERS, /* run of invalid or unreadable L1 elements */
    WALK_SHARED_TABLE, /* an L1 element whose table shares clusters with something: not read */
    WALK_TABLE,        /* an L1 element whose table is read; its elements follow */
    WALK_ELEMENTS,     /* run of elements of that table */
};

struct walk_step {
    enum walk_event event;
    uint64_t l1_index;     /* of the (first) L1 element */
    uint64_t table_offset; /* of the L2 table, for the last three events */
    uint64_t taken;        /* WALK_SHARED_TABLE: clusters of it that were claimed before */
    bool duplicate;        /* WALK_ELEMENTS, valid run: all its clusters were claimed before */
    struct run run;        /* WALK_BAD_POINTERS, WALK_ELEMENTS */
};

struct walk {
    struct source *source;
    const struct geometry *geometry;
    enum walk_numbering numbering;
    struct claims claims;
    uint64_t limit;           /* cluster numbers of the file */
    uint64_t header_clusters; /* numbers below are the header's */
    struct table_cursor l1, l2;
    unsigned char *l1_bytes;   /* what the L1 cursor has in hand while L2 tables are read */
    struct run l1_run, l2_run; /* what is left of the runs in hand */
    bool in_table;
    uint64_t l1_taken; /* clusters of the L1 table that the header had claimed */
    struct walk_step step;
};

/*
 * Prepares a walk from an L1 table at l1_offset, a valid table offset. walk_free() is due even if
 * this fails. No valid offset points into the header clusters, so they need no claim, unless the
 * header says that it has none: then the true numbering claims the one that it stands in.
 */
int walk_init(struct walk *walk, struct source *source, const struct geometry *geometry,
              uint64_t l1_offset, enum walk_numbering numbering, struct failure *why);

/* The next step, in walk->step: 1, or 0 at the end, -1 failed. */
int walk_next(struct walk *walk, struct failure *why);

void walk_free(struct walk *walk);

/* Number of the cluster at offset, a multiple of the cluster size. */
uint64_t walk_number(const struct walk *walk, uint64_t offset);

/* Clusters of the file that a finished walk left unclaimed, the header's not counted. */
uint64_t walk_leaks(const struct walk *walk);

/* Whether the two numberings give the same numbers for every cluster of the image. */
bool walk_numberings_agree(const struct geometry *geometry);

#endif
