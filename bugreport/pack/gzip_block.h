/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_GZIP_BLOCK_H
#define BUGREPORT_PACK_GZIP_BLOCK_H

#include <stdbool.h>

#include "base/failure.h"
#include "bugreport/pack/table_deflate.h"

/*
 * Deflates a block of an archive by the means that suits its content: tables by table_deflate(),
 * those that are nearly empty, and hold single words, by zlib looking for runs only, which makes
 * them smaller, anything else, such as the texts of reports, by zlib at its usual level.
 *
 * What comes out refers to nothing before it and ends on a byte, in the joint that zlib's
 * Z_SYNC_FLUSH makes: an empty stored block, whose last four bytes are 00 00 ff ff.
 */
#define GZIP_BLOCK_SIZE ((size_t)256 * 1024)
#define GZIP_BLOCK_ROOM TABLE_DEFLATE_ROOM(GZIP_BLOCK_SIZE)

/* What one thread needs for it. */
struct gzip_block_encoder;

/* plain: everything by zlib, at its fastest level. */
int gzip_block_encoder_new(struct gzip_block_encoder **encoder, bool plain, struct failure *why);
void gzip_block_encoder_free(struct gzip_block_encoder *encoder);

/* Deflates size bytes, at most GZIP_BLOCK_SIZE, to GZIP_BLOCK_ROOM bytes; returns how many came
 * out. */
size_t gzip_block_deflate(struct gzip_block_encoder *encoder, const unsigned char *bytes,
                          size_t size, unsigned char *to);

#endif
