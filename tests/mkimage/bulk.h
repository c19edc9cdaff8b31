/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_BULK_H
#define MKIMAGE_BULK_H

#include "image.h"
#include "order.h"

/* How to fill an image in one go, and what came of it. */
struct bulk {
    struct layout layout;
    uint64_t percent; /* of the guest's clusters */
    uint64_t clump;   /* how many of them come together */
    uint64_t clusters;
    uint64_t allocated;
    uint64_t fragmented; /* as qemu counts: the first cluster of a table never is */
};

/*
 * Gives an image that is laid out, but still empty, its tables and data clusters: millions a
 * second, since the tables grow in memory and are written once.
 */
bool bulk_fill(struct image *image, struct bulk *bulk, struct prng *prng);

#endif
