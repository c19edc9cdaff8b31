/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_IMAGE_STORE_H
#define BUGREPORT_UNPACK_IMAGE_STORE_H

#include "bugreport/pack/sink.h"
#include "bugreport/unpack/replay.h"
#include "qed/audit_feed.h"
#include "qed/grammar.h"

/*
 * A sparse image out of an archive, as a source: its ranges of data, one behind the other, either
 * kept in memory or, large ones, read again from the archive when they are wanted. While they come
 * for the first time they are hashed, and held against the grammar of metadata images.
 */
struct image_store {
    struct source source;
    struct extents ranges; /* sorted; where one begins is known from the sizes of those before */
    uint64_t *starts;      /* of each range, in bytes */
    uint64_t capacity, used;
    size_t filling;         /* the range that comes next, or is coming */
    struct sha256_ctx hash; /* of the data so far */
    struct grammar_reader reader;
    struct grammar grammar;  /* of the image, once it has ended */
    struct audit_feed *feed; /* NULL: none */
    unsigned char *bytes;    /* NULL: not kept */
    struct replay *replay;
    uint64_t base;        /* where in what is replayed the data begin */
    unsigned char *chunk; /* for what source_range() hands out */
};

/*
 * Prepares for an image of size bytes with data in these sorted ranges, which are copied. Where
 * data are kept, memory is used as they come; where not, image_store_replay() is due after the last
 * of them. image_store_free() is due even if this fails.
 */
int image_store_init(struct image_store *store, uint64_t size, const struct extents *ranges,
                     bool keep, struct failure *why);

/* Before the first data: has a feed, or NULL, take them too. It stays the caller's. */
void image_store_feed(struct image_store *store, struct audit_feed *feed);

/* Adds the next data, of at most what the ranges have room for. */
int image_store_add(struct image_store *store, const unsigned char *bytes, size_t size,
                    struct failure *why);

/* After the last of them. */
int image_store_end(struct image_store *store, struct failure *why);

/* Says where the data can be had again: from base on of a replay, which is taken over. */
void image_store_replay(struct image_store *store, struct replay *replay, uint64_t base);

/* The SHA-256 of the data that were added, in hex; once. */
void image_store_digest(struct image_store *store, char hex[SINK_HEX_SIZE]);

void image_store_free(struct image_store *store);

#endif
