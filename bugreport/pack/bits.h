/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_BITS_H
#define BUGREPORT_PACK_BITS_H

#include "base/bytes.h"

#define BITS_MOST 56 /* that can be put at once */

/* Bits under way to memory. */
struct bits {
    uint64_t waiting; /* the oldest one lowest */
    unsigned count;   /* below 8 between calls */
    unsigned char *at;
};

/* Appends up to BITS_MOST bits; 8 bytes are written, whatever is needed of them. */
static inline void bits_put(struct bits *out, uint64_t bits, unsigned size)
{
    out->waiting |= bits << out->count;
    out->count += size;
    bytes_store64(out->at, out->waiting);
    out->at += out->count >> 3;
    out->waiting >>= out->count & 56;
    out->count &= 7;
}

#endif
