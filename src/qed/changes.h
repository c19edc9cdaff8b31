/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_CHANGES_H
#define QED_CHANGES_H

#include "qed/audit.h"

/*
 * What changed in the tables between two states of an image: for every cluster of the guest's view
 * where it lies, and for every L1 element its L2 table. Both are walked side by side, table by
 * table; memory is used for the lists of tables, which the audits have, and for what is listed.
 */
enum change_kind {
    CHANGE_ALLOCATED, /* has a place in the file that it did not have */
    CHANGE_FREED,     /* had one, and is unallocated now */
    CHANGE_MOVED,     /* has another one */
    CHANGE_ZEROED,    /* is marked as reading zeros */
    CHANGE_DAMAGED,   /* its element is invalid or unreadable, or otherwise invalid than before */
    CHANGE_MENDED,    /* its element is invalid no more */
    CHANGE_KINDS
};

const char *change_kind_name(enum change_kind kind);

/* Clusters of the guest's view that changed alike. */
struct change {
    uint64_t cluster, count; /* the first of them, from the start of the guest's view */
    uint64_t before, after;  /* where the first lies in the file; FINDING_NOWHERE: nowhere */
};

struct change_list {
    uint64_t clusters, ranges; /* all */
    size_t kept;
    struct change *list; /* the first few */
};

/* An L2 table that appeared, went or is elsewhere. */
struct table_change {
    uint64_t l1_index;
    uint64_t before, after; /* offset; FINDING_NOWHERE: there is none */
};

struct changes {
    size_t keep;
    uint64_t tables_added, tables_gone, tables_moved;
    uint64_t tables_left_out; /* not compared, since one side does not hold them truly */
    size_t tables_kept;
    struct table_change *tables; /* the first few */
    struct change_list kinds[CHANGE_KINDS];
    struct change last; /* for joining neighbours */
    enum change_kind last_kind;
};

/* A state of an image. */
struct changes_side {
    struct source *source;
    const struct audit *audit;
    bool redacted;           /* a metadata image: markers stand for invalid elements */
    const uint64_t *suspect; /* offsets of tables of which it holds stand-ins or nothing, sorted */
    size_t suspect_count;
};

/* Whether both have tables, and of the same form: else there is nothing to compare. */
bool changes_can_compare(const struct audit *before, const struct audit *after);

/*
 * Compares; the sources must be two. keep: how many tables, and how many changes of each kind, are
 * listed. changes_free() is due even if this fails.
 */
int changes_find(struct changes *changes, const struct changes_side *before,
                 const struct changes_side *after, size_t keep, struct failure *why);

/* Whether anything changed. */
bool changes_any(const struct changes *changes);

void changes_free(struct changes *changes);

#endif
