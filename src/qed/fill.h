/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_FILL_H
#define QED_FILL_H

#include "base/output.h"
#include "qed/audit.h"

/*
 * Makes the data clusters of a metadata image tell apart: the first 512 bytes of each hold, 64
 * times, its own position in the guest's view as a little-endian 64-bit number; the rest is hole.
 * So a read at a position shows where qemu takes it from: where it shows another position, two
 * elements refer to one cluster, and that other one is the first that does.
 *
 * Header clusters and what L1 points at are never written to, whoever refers to them as data; so
 * qemu-img check says the same as before.
 */
#define FILL_SIZE 512

/*
 * Writes to the output, which holds the image of the source already, by the source's audit. Counts
 * the clusters that were filled. A meter, or NULL, is moved by the valid elements gone through.
 */
int fill_write(struct output *output, struct source *source, const struct audit *audit,
               struct meter *meter, uint64_t *clusters, struct failure *why);

#endif
