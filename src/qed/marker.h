/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_MARKER_H
#define QED_MARKER_H

#include "qed/header.h"

/*
 * What stands in a copy for a word that must not be told. Plain, it is "REDACTED" in the file;
 * where a word followed its predecessor by a cluster so does its marker, which keeps qemu's count
 * of fragmented clusters. No cluster size divides them, so they are invalid offsets everywhere.
 */
#define STANDIN_MARKER UINT64_C(0x4445544341444552)

static inline bool marker_is(const struct geometry *geometry, uint64_t word)
{
    uint64_t above = word - STANDIN_MARKER;

    return word >= STANDIN_MARKER && above % geometry->cluster_size == 0 &&
           above / geometry->cluster_size < geometry->nelems;
}

#endif
