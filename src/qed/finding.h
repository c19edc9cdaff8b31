/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_FINDING_H
#define QED_FINDING_H

#include "qed/header.h"
#include "qed/table.h"

/*
 * What an audit noticed. A kind is a row of the catalogue; adding a check means adding a row and
 * the place that calls findings_add(). The kinds below HEADER_FAULTS are the header's faults.
 */
enum finding_kind {
    FINDING_L1_TABLE_SHARED = HEADER_FAULTS, /* the L1 table lies in the header's clusters */
    FINDING_L1_INVALID,                      /* an L1 element that cannot be a table offset */
    FINDING_TABLE_SHARED,                    /* an L1 element whose table was claimed before */
    FINDING_L2_INVALID,                      /* an L2 element that cannot be a data cluster */
    FINDING_DUPLICATE,                       /* a data cluster that was claimed before */
    FINDING_L1_UNREADABLE,                   /* an L1 element that the disk does not give */
    FINDING_L2_UNREADABLE,                   /* an L2 element that it does not give */
    FINDING_LEAK,                            /* a cluster that nothing refers to */
    FINDING_NEED_CHECK,                      /* the dirty flag */
    FINDING_IN_USE,                          /* some process may be writing to the image */
    FINDING_CHANGED,                         /* the image changed while it was read */
    FINDING_BEYOND_IMAGE,                    /* elements in use past image_size */
    FINDING_TAIL,                            /* bytes behind the last whole cluster */
    FINDING_QEMU_COUNTS,                     /* qemu-img's figures are not the true ones */
    FINDING_KINDS
};

enum severity { SEVERITY_CORRUPTION, SEVERITY_LEAK, SEVERITY_NOTE, SEVERITY_CHECK_ERROR };

struct finding_row {
    const char *name; /* stable, for machines */
    enum severity severity;
    const char *text;  /* what was noticed */
    const char *cause; /* what it likely comes from, or what it means */
};

/* The catalogue's row of a kind. */
const struct finding_row *finding_row(enum finding_kind kind);

const char *severity_name(enum severity severity);
const char *reason_name(enum element_reason reason);

#define FINDING_NOWHERE UINT64_MAX

/* Who refers to a cluster. */
enum claimant_role {
    CLAIMANT_NONE,
    CLAIMANT_HEADER,
    CLAIMANT_L1,
    CLAIMANT_L2,
    CLAIMANT_DATA,
    CLAIMANT_ROLES
};

struct claimant {
    enum claimant_role role;
    uint64_t l1_index, l2_index; /* of the element that refers to it; FINDING_NOWHERE if none */
};

const char *claimant_name(enum claimant_role role);

/* One finding, or several of consecutive elements. */
struct finding {
    enum finding_kind kind;
    enum element_reason reason;
    uint64_t count;              /* clusters or elements it speaks of */
    uint64_t table_offset;       /* of the table the element stands in; FINDING_NOWHERE if none */
    uint64_t l1_index, l2_index; /* of the (first) element */
    uint64_t offset;             /* of the (first) cluster that is hit, in bytes */
    uint64_t value; /* raw (first) element: may hold guest data, see scrub_may_show() */
    uint64_t guest_pos, guest_size; /* bytes of the guest's view; size 0: none */
    struct claimant other;          /* who claimed the cluster first */
};

/* All findings of one kind: every one is counted, the first few are kept. */
struct finding_list {
    uint64_t total;  /* sum of the counts */
    uint64_t places; /* findings, after joining neighbours */
    size_t kept;
    struct finding *list;
};

struct findings {
    size_t keep;                        /* of each kind */
    struct finding last[FINDING_KINDS]; /* for joining neighbours */
    struct finding_list kinds[FINDING_KINDS];
};

/* keep: how many findings of each kind are listed. */
void findings_init(struct findings *findings, size_t keep);
void findings_free(struct findings *findings);

/* A finding of a kind with count 1 and nothing else known. */
struct finding finding_make(enum finding_kind kind);

/* Adds a finding; one that continues the last of its kind in the same table is joined with it. */
int findings_add(struct findings *findings, const struct finding *finding, struct failure *why);

/* Sum of the counts of all findings of a severity. */
uint64_t findings_total(const struct findings *findings, enum severity severity);

#endif
