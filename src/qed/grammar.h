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

/* The check of an image whose bytes come one piece after the other. */
struct grammar_reader {
    struct grammar *grammar;
    uint64_t size;
    unsigned char head[QED_HEADER_SIZE];
    size_t head_size; /* bytes of it so far */
    struct header header;
    struct geometry geometry;
    uint64_t l1_end, limit;               /* of the L1 table; offsets are below */
    struct extents places;                /* L2 tables: where data may be, with header and L1 */
    unsigned char word[QED_ELEMENT_SIZE]; /* one that lies across the ends of pieces */
    uint64_t word_offset;
    size_t word_size; /* bytes of it so far */
};

/* Begins with an image of size bytes. grammar_free() is due. */
void grammar_begin(struct grammar_reader *reader, struct grammar *grammar, uint64_t size);

/*
 * Takes a piece of data, of any size; they come in rising order, and what is left out is hole. The
 * first offence is noted, and what comes after it does not matter. -1: memory ran out.
 */
int grammar_take(struct grammar_reader *reader, uint64_t offset, const unsigned char *bytes,
                 size_t size, struct failure *why);

/* Decides, when all is taken; data are the ranges that were, sorted. */
int grammar_end(struct grammar_reader *reader, const struct extents *data, struct failure *why);

void grammar_free(struct grammar_reader *reader);

/* Reads an image and decides. -1 only if it cannot be read or memory runs out. */
int grammar_check(struct grammar *grammar, struct source *source, struct failure *why);

#endif
