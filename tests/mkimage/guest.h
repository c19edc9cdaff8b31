/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_GUEST_H
#define MKIMAGE_GUEST_H

#include "image.h"
#include "prng.h"

/*
 * What a guest may keep in its clusters. The kinds that look like metadata are the ones that get
 * past a careless scrubber.
 */
#define GUEST_BLOCK 4096

struct guest {
    struct prng *prng;
    uint64_t cluster_size;
    uint64_t file_size;
    uint64_t block; /* blocks made so far, for kinds that go on from one block to the next */
};

struct guest_kind {
    const char *name;
    const char *summary;
    void (*make)(struct guest *guest, uint8_t block[GUEST_BLOCK]);
};

/* Ends with a row without a name. */
extern const struct guest_kind guest_kinds[];

/* NULL if there is no such kind. */
const struct guest_kind *guest_find(const char *name);

struct guest guest_start(const struct image *image, struct prng *prng);

/* Writes one kind of data over a range of the file. */
bool guest_fill_range(struct guest *guest, const struct guest_kind *kind, struct image *image,
                      uint64_t offset, uint64_t size);

/* Writes it over all data clusters and all leaked ones. */
bool guest_fill(struct guest *guest, const struct guest_kind *kind, struct image *image);

#endif
