/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_BLOCK_H
#define QED_BLOCK_H

#include "qed/inventory.h"

/*
 * Blocks of 4 KiB of the tables that the walk read: the unit in which tables are believed or not,
 * since that is what file systems and guests overwrite at least.
 */
#define BLOCK_SIZE  ((uint64_t)4096)
#define BLOCK_WORDS (4096 / QED_ELEMENT_SIZE)

/* Goes over all blocks that hold a word other than 0, table by table in the order of offsets. */
struct block_cursor {
    struct source *source;
    const struct inventory *inventory;
    size_t range;    /* of inventory->words */
    uint64_t next;   /* offset where the next block is looked for */
    uint64_t offset; /* of the block in hand */
    size_t table;    /* index of its table in the inventory */
    uint64_t words[BLOCK_WORDS];
};

void block_begin(struct block_cursor *cursor, struct source *source,
                 const struct inventory *inventory);

/* Goes on from the first block at or behind offset, which must begin a block. */
void block_seek(struct block_cursor *cursor, uint64_t offset);

/* The next block, in the cursor: 1, or 0 at the end, -1 failed. */
int block_next(struct block_cursor *cursor, struct failure *why);

#endif
