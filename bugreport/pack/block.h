/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_BLOCK_H
#define BUGREPORT_PACK_BLOCK_H

#include <stdbool.h>

#include "base/failure.h"
#include "bugreport/pack/table_deflate.h"

/*
 * Deflates a block of an archive by the means that suits its content: tables by table_deflate(),
 * those that are nearly empty by zlib looking for runs only, which makes them smaller, anything
 * else, such as the texts of reports, by zlib at its usual level.
 *
 * What comes out refers to nothing before it and ends on a byte, in the joint that zlib's
 * Z_SYNC_FLUSH makes: an empty stored block, whose last four bytes are 00 00 ff ff.
 */
#define BLOCK_SIZE ((size_t)256 * 1024)
#define BLOCK_ROOM TABLE_DEFLATE_ROOM(BLOCK_SIZE)

/* What one thread needs for it. */
struct block_encoder;

/* plain: everything by zlib, at its fastest level. */
int block_encoder_new(struct block_encoder **encoder, bool plain, struct failure *why);
void block_encoder_free(struct block_encoder *encoder);

/* Deflates size bytes, at most BLOCK_SIZE, to BLOCK_ROOM bytes; returns how many came out. */
size_t block_deflate(struct block_encoder *encoder, const unsigned char *bytes, size_t size,
                     unsigned char *to);

#endif
