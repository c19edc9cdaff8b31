/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_IMAGE_STORE_H
#define BUGREPORT_UNPACK_IMAGE_STORE_H

#include "qed/source.h"

/* A sparse image in memory, as a source: its ranges of data, one behind the other. */
struct image_store {
    struct source source;
    struct extents ranges; /* sorted; where one begins is known from the sizes of those before */
    uint64_t *starts;      /* of each range, in bytes */
    unsigned char *bytes;
    uint64_t capacity, used;
    unsigned char *chunk; /* for what lies across holes */
};

/*
 * Prepares for an image of size bytes with data in these sorted ranges, which are copied. Memory is
 * used as data come. image_store_free() is due even if this fails.
 */
int image_store_init(struct image_store *store, uint64_t size, const struct extents *ranges,
                     struct failure *why);

/* Adds the next data, of at most what the ranges have room for. */
void image_store_add(struct image_store *store, const unsigned char *bytes, size_t size);

void image_store_free(struct image_store *store);

#endif
