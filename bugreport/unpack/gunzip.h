/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_GUNZIP_H
#define BUGREPORT_UNPACK_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/*
 * Inflates a gzip file of one member in order, by several threads where it was made for that: where
 * the blocks of gzip.h meet stand the bytes 00 00 ff ff, and from there on nothing refers to
 * anything before. Each piece between two such places is inflated for itself, ahead of time. That
 * holds if the piece before came out complete and ended just there; otherwise (the same bytes can
 * stand anywhere, and other programs put them between blocks that do refer to what was before) it
 * is inflated again, after the one before. So what comes out does not depend on luck.
 *
 * Checks the checksum, the length, and that the header holds nothing that could be left out and
 * nothing stands behind the end.
 */
struct gunzip;

/* Hands out the next bytes of the file, at least 1, which live until the next call: 1, or 0 at the
 * end of the file, -1 failed. */
typedef int gunzip_input(void *context, const unsigned char **bytes, size_t *size,
                         struct failure *why);

/* jobs: how many threads, the caller's included; 0: as many as suit the machine. */
int gunzip_open(struct gunzip **gunzip, gunzip_input *input, void *context, unsigned jobs,
                struct failure *why);

/* The next plain bytes, which live until the next call: 1, or 0 at the end, -1 failed. *size is
 * never 0 on 1. */
int gunzip_next(struct gunzip *gunzip, const unsigned char **bytes, size_t *size,
                struct failure *why);

/*
 * Where the pieces of a file are whose pieces can all be inflated for themselves. The files of
 * gzip.h are made of them: nearly all hold GZIP_BLOCK_SIZE plain bytes, and a few hold less.
 */
struct gunzip_index {
    struct gunzip_place {
        uint64_t position; /* bytes into the file */
        uint64_t plain;    /* bytes into what comes out */
        uint32_t size;     /* deflated */
        uint32_t crc;      /* of its plain bytes */
    } * places;
    size_t count, capacity;
    uint64_t plain_size; /* of all */
};

/*
 * Hands over the index, after the end, to be freed with free(index->places). False where the file
 * is not made of such pieces only, or of more small ones than it has reason to be.
 */
bool gunzip_take_index(struct gunzip *gunzip, struct gunzip_index *index);

void gunzip_close(struct gunzip *gunzip);

#endif
