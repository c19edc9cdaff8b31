/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_POLICY_H
#define BUGREPORT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

struct fleet;
struct fleet_entry;

/* Why an image can fail a run. A set of causes has a bit 1 << cause for each. */
enum policy_cause {
    CAUSE_CORRUPT,
    CAUSE_LEAKS,         /* more leaked than allowed */
    CAUSE_UNREADABLE,    /* not or not wholly read; crashed or timed out */
    CAUSE_UNSUPPORTED,   /* not a QED image, or one with unknown features */
    CAUSE_DIRTY,         /* marked as needing a check */
    CAUSE_IN_USE,        /* open in some process */
    CAUSE_FRAGMENTATION, /* more fragmented than allowed */
    CAUSES
};

const char *cause_name(enum policy_cause cause);

#define POLICY_NO_LIMIT (-1.0)

/* Which causes count, and where they begin. */
struct policy {
    unsigned fail_on;
    double max_fragmentation; /* percent of the allocated clusters; POLICY_NO_LIMIT: any */
    uint64_t max_leaked;      /* bytes */
    bool has_baseline;        /* causes that the baseline knows do not count */
};

/* All verdicts count, and limits that are given. */
#define POLICY_DEFAULT                                                                             \
    ((struct policy){.fail_on = 1u << CAUSE_CORRUPT | 1u << CAUSE_LEAKS | 1u << CAUSE_UNREADABLE | \
                                1u << CAUSE_UNSUPPORTED | 1u << CAUSE_FRAGMENTATION,               \
                     .max_fragmentation = POLICY_NO_LIMIT})

bool policy_same(const struct policy *a, const struct policy *b);

/* The causes that an entry gives, whether they count or not. */
unsigned policy_causes(const struct policy *policy, const struct fleet_entry *entry);

/* Fills in what each entry of the fleet fails on, by the fleet's own policy. */
void policy_judge(struct fleet *fleet);

/* The causes of an entry that was judged which make it fail: it fails if there is any. */
unsigned policy_failing(const struct policy *policy, const struct fleet_entry *entry);

/* Those of all entries. */
unsigned policy_failing_all(const struct fleet *fleet);

/* How grave the worst of a set of causes is, 0 for none. */
unsigned policy_gravity(unsigned causes);

/* The exit status for the worst of a set of causes: 2, 1, 3, 4 (a limit, else consistent), 63, 0.
 */
int policy_exit_status(unsigned causes);

/*
 * Notes for each entry what the baseline, finished as well, knows of the same path: causes that it
 * gave then too, unless there are more corruptions or leaks by now. Judge afterwards.
 */
void policy_compare(struct fleet *fleet, const struct fleet *baseline);

#endif
