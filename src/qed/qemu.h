/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_QEMU_H
#define QED_QEMU_H

#include "qed/header.h"

/*
 * What `qemu-img check` 7.2 says of an image, its quirks included: a wrapping limit of the image
 * size, refused table sizes, counts in C ints. It is a prediction, made without running qemu; a
 * backing file is taken to be openable, since nothing that an image names is ever opened here.
 */
struct qemu_check {
    bool opens;
    bool fails; /* it opens, but a table cannot be read: the check ends there, without figures */
    char error[80]; /* what it says if it does not open the image, or the check fails */
    int32_t corruptions, leaks;
    uint64_t total_clusters, allocated_clusters, fragmented_clusters;
    int exit_status; /* 0 clean, 1 not opened or failed, 2 corrupt, 3 leaks only */
};

/* Decides whether qemu opens an image with this header; clears the figures. */
void qemu_open(struct qemu_check *check, const struct header *header, uint64_t file_size);

/* Fills in the figures of an image that opens; counts wrap as they do in qemu. */
void qemu_count(struct qemu_check *check, const struct geometry *geometry, uint64_t corruptions,
                uint64_t leaks, uint64_t allocated, uint64_t fragmented);

/* What follows from tables that cannot be read: L1, when opening, or L2, while checking. */
void qemu_cannot_read(struct qemu_check *check, bool l1);

/* Whether it comes to print figures. */
bool qemu_counts(const struct qemu_check *check);

/* Whether two checks have the same outcome in every figure. */
bool qemu_same(const struct qemu_check *a, const struct qemu_check *b);

/* Long enough for qemu_summary(). */
#define QEMU_SUMMARY_SIZE 160

/*
 * The line that qemu-img ends its check with, "A/T = ..% allocated, ...", or where it prints none
 * the one that tells the outcome.
 */
void qemu_summary(const struct qemu_check *check, char line[QEMU_SUMMARY_SIZE]);

#endif
