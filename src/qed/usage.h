/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_USAGE_H
#define QED_USAGE_H

#include "qed/table.h"

/* Run lengths are counted exactly below this many clusters, then in 64 steps per power of two. */
#define USAGE_EXACT   1024u
#define USAGE_LENGTHS (USAGE_EXACT + (64 - 10) * 64)

/*
 * How the guest's view is allocated and how it lies in the file.
 *
 * Two words that must not be mixed: fragmented_clusters is qemu-img's count, which starts afresh in
 * every L2 table and passes over unallocated and zero clusters. A *run* is ours: clusters that
 * follow one another both in the guest's view and in the file, across tables too.
 */
struct usage {
    uint64_t l2_tables;
    uint64_t allocated_clusters;  /* L2 elements other than 0 and 1, as qemu counts: invalid ones,
                                     duplicates and those past image_size included */
    uint64_t fragmented_clusters; /* of those, the ones that do not follow their predecessor */
    uint64_t zero_clusters;       /* elements that are 1 */
    uint64_t invalid_elements;    /* of L2 tables */
    uint64_t valid_elements;      /* of L2 tables */
    uint64_t image_clusters;      /* allocated or zero, and inside image_size */
    uint64_t beyond_clusters;     /* allocated or zero, and past image_size */
    uint64_t runs, longest_run;
    uint64_t run_lengths[USAGE_LENGTHS];

    struct usage_state { /* of a count that is under way */
        bool has_last;
        uint64_t last;
        uint64_t run_clusters, run_next_cluster, run_next_offset;
    } state;
};

/* Notes that the elements of another L2 table follow. */
void usage_begin_table(struct usage *usage);

/* Adds a run of the L2 table at l1_index. */
void usage_add(struct usage *usage, const struct geometry *geometry, uint64_t l1_index,
               const struct run *run);

/* Ends the count; the figures hold from then on. */
void usage_finish(struct usage *usage);

/*
 * For who counts by other means, such as the kernel: a run of length clusters, 0 meaning none, and
 * the figures of another count, neither of them finished.
 */
static inline void usage_count_run(struct usage *usage, uint64_t length);
void usage_merge(struct usage *usage, const struct usage *other);

/* Length in clusters that half of all runs do not exceed: exact below USAGE_EXACT, above it
 * the lower edge of a step of 1/64. 0 if there is no run. */
uint64_t usage_median_run(const struct usage *usage);

/* Stretches of 2^power to 2^(power + 1) - 1 clusters. */
uint64_t usage_runs_of(const struct usage *usage, unsigned power);

void usage_count_long_run(struct usage *usage, uint64_t length);

static inline void usage_count_run(struct usage *usage, uint64_t length)
{
    if (length < USAGE_EXACT)
        usage->run_lengths[length]++;
    else
        usage_count_long_run(usage, length);
}

#endif
