/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_GRAMMAR_H
#define QED_GRAMMAR_H

#include "qed/header.h"
#include "qed/source.h"

/*
 * What a metadata image can consist of, decided from nothing but the image itself: so that whoever
 * gets one can see for themselves that it holds no guest data, whoever made it.
 *
 *   header   known fields, that the specification allows and that encode to the same bytes; known
 *            feature bits, no others; a backing file name only right behind it, with its bit
 *   L1 word  0; an offset: a multiple of the cluster size, not in the header, below the file's
 *            length or 64 TiB, whichever is more; or a marker
 *   L2 word  the same, or 1
 *   marker   "REDACTED", or that plus k cluster sizes, k below the elements of a table
 *
 * L2 tables are what the valid words of the L1 table point at. Everything else is hole.
 */
struct grammar {
    bool holds;                       /* the image is in the grammar, or else: */
    uint64_t offence;                 /* where it first is not */
    char what[160];                   /* and what is there, without any of its bytes */
    uint64_t offsets, zeros, markers; /* words: offsets, 1 in L2, markers */
    uint64_t tables;                  /* L2 tables that it points at */
    uint64_t data;                    /* bytes that are not hole */
    uint64_t name_size;               /* bytes of the backing file name */
};

/* Reads an image and decides. -1 only if it cannot be read or memory runs out. */
int grammar_check(struct grammar *grammar, struct source *source, struct failure *why);

#endif
