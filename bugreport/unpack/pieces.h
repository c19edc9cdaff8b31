/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_PIECES_H
#define BUGREPORT_UNPACK_PIECES_H

#include <stdbool.h>
#include <zlib.h>

#include "bugreport/pack/gzip_block.h"
#include "bugreport/unpack/gunzip.h"

/*
 * A gzip file cut in pieces behind each joint (see gzip_block.h), with each of them inflated ahead
 * of time by whichever thread is free, as if nothing came before it. Whether that was right,
 * whoever puts them together has to see: gunzip.c.
 */
struct pieces;

/* Of zlib, for whoever inflates: the largest window; negative: neither header nor checksum. */
#define PIECES_WINDOW_BITS (-15)

/* A piece of the file that ends in a joint, or where the room or the file does. */
struct piece {
    struct pieces *pieces;
    uint64_t position; /* in the file */
    size_t size, plain_size;
    bool ends_in_joint;
    bool complete; /* inflated for itself, up to the joint and no further */
    uint32_t crc;
    unsigned char bytes[GZIP_BLOCK_ROOM], plain[GZIP_BLOCK_SIZE];
};

int pieces_open(struct pieces **pieces, gunzip_input *input, void *context, unsigned jobs,
                struct failure *why);
void pieces_close(struct pieces *pieces);

/* Bytes of the file that were handed out or cut so far. */
uint64_t pieces_position(const struct pieces *pieces);

/* The next bytes as they are, before the first piece: 1, or 0 where the file ends before, -1
 * failed. */
int pieces_raw(struct pieces *pieces, unsigned char *bytes, size_t size, struct failure *why);

/* The next piece in *piece, which lives until the next call; NULL at the end of the file. */
int pieces_next(struct pieces *pieces, struct piece **piece, struct failure *why);

/*
 * Whether a block must begin with the next byte. See inflate() about data_type: 128 between blocks,
 * 64 at the last one, and below that the number of bits that are left of a byte.
 */
static inline bool pieces_between_blocks(const z_stream *stream)
{
    return (stream->data_type & (128 | 64 | 7)) == 128;
}

#endif
