/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_GZIP_H
#define BUGREPORT_PACK_GZIP_H

#include <stdbool.h>

#include "bugreport/pack/sink.h"

/*
 * One gzip member, written to a sink. It has neither name nor time, and is made of blocks of 256
 * KiB at most, deflated by themselves (see gzip_block.h), so that several threads can work on it,
 * here and when it is inflated. The same bytes in give the same bytes out, however many there are.
 */
struct gzip;

struct gzip_options {
    unsigned jobs; /* threads, the caller's included; 0: as many as suit the machine */
    bool plain;    /* everything by zlib, at its fastest level */
};

int gzip_open(struct gzip **gzip, struct sink *sink, const struct gzip_options *options,
              struct failure *why);
int gzip_write(struct gzip *gzip, const void *bytes, size_t size, struct failure *why);

/*
 * As gzip_write(), of bytes that are hashed too, by whichever thread has time. All of them must
 * come in a row up to gzip_digest().
 */
int gzip_write_hashed(struct gzip *gzip, const void *bytes, size_t size, struct failure *why);

/* The SHA-256, in hex, of the bytes that were to be hashed since the last time. */
int gzip_digest(struct gzip *gzip, char hex[SINK_HEX_SIZE], struct failure *why);

/*
 * Where the next bytes can be put, at most *size of them, so that writing them from there copies
 * nothing. NULL: failed.
 */
unsigned char *gzip_room(struct gzip *gzip, size_t *size, struct failure *why);

/*
 * What follows begins a block: content of another kind is deflated better by itself. A room that
 * was handed out is no longer one.
 */
void gzip_end_block(struct gzip *gzip);

/* Writes what is left; gzip_free() is due afterwards. */
int gzip_finish(struct gzip *gzip, struct failure *why);
void gzip_free(struct gzip *gzip);

#endif
