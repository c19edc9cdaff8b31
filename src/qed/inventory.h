/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_INVENTORY_H
#define QED_INVENTORY_H

#include "qed/extents.h"
#include "qed/table.h"

/* A table that the walk read. */
struct table_ref {
    uint64_t offset;   /* bytes */
    uint64_t l1_index; /* of an L2 table: the first L1 element that points at it */
    enum table_level level;
};

/*
 * The tables that the walk read and where in them words stand: what a copy of the metadata is made
 * of. The ranges are whole grains, so that they depend on the image's content alone and not on how
 * its file happens to be laid out in holes.
 */
struct inventory {
    const struct geometry *geometry;
    struct table_ref *tables; /* by offset, once finished */
    size_t count, capacity;
    uint64_t word_count;  /* words of these tables other than 0 */
    struct extents words; /* grains that hold a word other than 0; sorted once finished */
};

void inventory_init(struct inventory *inventory, const struct geometry *geometry);
void inventory_free(struct inventory *inventory);

int inventory_add_table(struct inventory *inventory, enum table_level level, uint64_t offset,
                        uint64_t l1_index, struct failure *why);

/* Size in bytes of the grains of an image. */
uint64_t inventory_grain(const struct geometry *geometry);

/* Notes that the count elements from index on of the table at offset are not 0. */
int inventory_add_words(struct inventory *inventory, uint64_t table_offset, uint64_t index,
                        uint64_t count, struct failure *why);

/* Sorts; the functions below are for finished inventories only. */
void inventory_finish(struct inventory *inventory);

/* The table that holds the byte at offset, NULL if none does. */
const struct table_ref *inventory_find(const struct inventory *inventory, uint64_t offset);

/* The first table that begins above offset, NULL if none does. */
const struct table_ref *inventory_next(const struct inventory *inventory, uint64_t offset);

#endif
