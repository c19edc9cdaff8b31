/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TABLE_H
#define QED_TABLE_H

#include "qed/header.h"
#include "qed/source.h"

/*
 * A table as a sequence of runs. A run is the unit of work: a sequentially written table of 32,768
 * elements is one run, so that whoever counts, claims or draws does so once.
 */

enum table_level { TABLE_L1, TABLE_L2 };

enum element_class {
    ELEMENT_UNALLOCATED, /* 0: no table, or nothing written there */
    ELEMENT_ZERO,        /* 1 in an L2 table: reads as zeros */
    ELEMENT_UNREADABLE,  /* the disk does not say */
    ELEMENT_VALID,       /* an offset that can be right */
    ELEMENT_INVALID,     /* anything else */
};

/* Why an element is invalid. */
enum element_reason {
    REASON_NONE,
    REASON_UNALIGNED,  /* not a multiple of the cluster size */
    REASON_IN_HEADER,  /* inside the header clusters */
    REASON_BEYOND_END, /* at or behind the end of the file */
    REASON_CUT,        /* a table that begins inside the file and ends behind it */
    ELEMENT_REASONS
};

/*
 * count elements of one class from index on. In runs of valid and invalid elements each value is
 * the one before plus step, the size of what it points at (a cluster, in L1 a table); value is the
 * first. Invalid ones all have the same reason.
 */
struct run {
    enum element_class class;
    enum element_reason reason;
    uint32_t index, count;
    uint64_t value;
};

/* Class of one element, and the reason if it is invalid (may be NULL). Source: qemu's block/qed. */
enum element_class table_classify(const struct geometry *geometry, enum table_level level,
                                  uint64_t value, enum element_reason *reason);

/* A cursor over the runs of one table. */
struct table_cursor {
    struct source *source;
    const struct geometry *geometry;
    enum table_level level;
    uint64_t offset; /* of the table */
    uint64_t step;
    uint32_t index;     /* next element */
    uint32_t piece_end; /* elements below are in hand: bytes points at element index */
    const unsigned char *bytes;
    unsigned char *own; /* SOURCE_CHUNK bytes to keep a piece in, or NULL: see table_begin() */
    unsigned char last[QED_ELEMENT_SIZE]; /* an element that the end of the file cuts */
};

/*
 * Begins at the first element of the table at offset, a valid table offset of the geometry. While
 * the cursor is in use nothing else may be read from the source, whose bytes live until the next
 * call; a cursor with own set keeps its bytes there and knows no such limit.
 */
void table_begin(struct table_cursor *cursor, struct source *source,
                 const struct geometry *geometry, enum table_level level, uint64_t offset,
                 unsigned char *own);

/*
 * The next run: 1, or 0 at the end of the table, -1 if bytes could not be had. A long run may be
 * handed out in parts; the parts of a table are in order and leave nothing out.
 */
int table_next(struct table_cursor *cursor, struct run *run, struct failure *why);

#endif
