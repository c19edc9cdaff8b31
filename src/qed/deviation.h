/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_DEVIATION_H
#define QED_DEVIATION_H

#include "qed/scrub.h"

/* Why qemu-img check says something else of a copy than of its original. */
enum deviation_reason {
    DEVIATION_REFUSED,    /* qemu opens one of them only */
    DEVIATION_UNREADABLE, /* parts of the original's tables could not be read */
    DEVIATION_ROOM,       /* not all stand-ins found room */
    DEVIATION_ORDER,      /* other words follow their predecessors */
    DEVIATION_NUMBERS,    /* qemu gives two clusters one number, other ones than before */
    DEVIATION_REASONS
};

/* A name for programs, and a sentence for people without its full stop. */
const char *deviation_name(enum deviation_reason reason);
const char *deviation_text(enum deviation_reason reason);

/* Tables listed of those whose fragmented clusters differ. */
#define DEVIATION_TABLES 8

struct deviation_table {
    uint64_t offset;   /* FINDING_NOWHERE: all that suspect words point at, together */
    uint64_t l1_index; /* FINDING_NOWHERE where offset is */
    uint64_t original_fragmented, copy_fragmented;
};

struct deviation {
    bool reasons[DEVIATION_REASONS];
    struct deviation_table tables[DEVIATION_TABLES];
    size_t listed;
    uint64_t table_count; /* all whose fragmented clusters differ */
};

/* Finds out, where the two differ, what made them; copy is what is foretold of the copy. */
int deviation_find(struct deviation *deviation, struct scrub *scrub, const struct qemu_check *copy,
                   struct failure *why);

#endif
