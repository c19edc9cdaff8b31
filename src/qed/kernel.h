/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_KERNEL_H
#define QED_KERNEL_H

#include "qed/claims.h"
#include "qed/usage.h"

/*
 * The quick look at L2 tables: elements in, figures and claims out, near the speed of memory. It
 * takes blocks of eight elements by four paths:
 *
 *   continues  all eight continue the run in hand: one compare, claimed later with the whole run
 *   zero       all eight are 0
 *   valid      all eight are valid offsets: claimed one by one, the breaks between them counted by
 *              a table of 256 rows
 *   mixed      anything else: an element at a time, which is what every path amounts to
 *
 * Tables may come in any order. Clusters are claimed without a look at who claimed them before:
 * whether any was claimed twice shows when the claims are counted. So the figures of an image hold
 * if none was, and no more is known about the others; see survey.h.
 */
struct kernel {
    struct claims *claims;
    struct usage usage; /* runs that touch an end of their table are not in it: kernel_ends */
    bool failed;        /* memory for claims ran out */

    struct kernel_limits {
        uint64_t step, header_end, last_valid;
        unsigned cluster_bits;
    } limits;
    bool prefetch, plain;
    uint64_t breaks[256]; /* see make_breaks() */
    struct kernel_hand {
        uint64_t last;      /* the last element that is neither 0 nor 1 */
        uint64_t run;       /* clusters of the run that ends with the last element of all */
        uint64_t unclaimed; /* how many of these, the last ones, are yet to be claimed */
        uint64_t breaks;    /* sum of some rows of breaks[] */
        unsigned rows;
        bool in_head; /* all elements so far are one run */
        uint64_t head;
    } hand;
    uint64_t first; /* first element of the table */
};

/* The runs at the ends of a table, which may go on in its neighbours. */
struct kernel_ends {
    uint64_t head, tail; /* clusters of the run that the first, the last element belongs to */
    uint64_t head_word;  /* the first element */
    uint64_t next_word;  /* what continues the run at the end */
};

/*
 * Prepares for tables of an image; both must live as long as the kernel. header_size must not be 0.
 * plain: do without the instructions that not every machine has.
 */
void kernel_init(struct kernel *kernel, const struct geometry *geometry, struct claims *claims,
                 bool plain);

/* Elements of another table follow: all of them, in order, by the next two. */
void kernel_begin(struct kernel *kernel);

/*
 * The next count elements. The bytes must not change meanwhile, as those of a mapped file may.
 * more: so many elements behind them can be read too, to prefetch for their claims.
 */
void kernel_scan(struct kernel *kernel, const unsigned char *bytes, size_t count, size_t more);

/* The next elements, at least one, are 0. */
void kernel_skip(struct kernel *kernel);

/* The table is complete. */
void kernel_end(struct kernel *kernel, struct kernel_ends *ends);

/*
 * How many of the elements of an L2 table at bytes, from the first on, need no closer look, since
 * each is 0 or valid: a multiple of eight. Adds to *valid how many are valid, and leaves in *last
 * the last such, if there is one.
 */
size_t kernel_plain_elements(const struct geometry *geometry, const unsigned char *bytes,
                             size_t count, uint64_t *valid, uint64_t *last);

/* Elements other than 0 so far, of all tables. */
static inline uint64_t kernel_words(const struct kernel *kernel)
{
    return kernel->usage.valid_elements + kernel->usage.invalid_elements +
           kernel->usage.zero_clusters;
}

#endif
