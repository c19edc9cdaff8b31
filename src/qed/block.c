/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/block.h"

#include "base/bytes.h"

void block_begin(struct block_cursor *cursor, struct source *source,
                 const struct inventory *inventory)
{
    cursor->source = source;
    cursor->inventory = inventory;
    cursor->range = 0;
    cursor->next = 0;
}

void block_seek(struct block_cursor *cursor, uint64_t offset)
{
    cursor->range = extents_find(&cursor->inventory->words, offset);
    cursor->next = offset;
}

static int load(struct block_cursor *cursor, struct failure *why)
{
    unsigned char bytes[BLOCK_SIZE];

    if (source_read(cursor->source, cursor->offset, bytes, sizeof(bytes), why))
        return -1;
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        cursor->words[i] = bytes_load64(bytes + i * QED_ELEMENT_SIZE);
    return 0;
}

static bool is_empty(const struct block_cursor *cursor)
{
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        if (cursor->words[i])
            return false;
    }
    return true;
}

int block_next(struct block_cursor *cursor, struct failure *why)
{
    const struct extents *words = &cursor->inventory->words;

    while (cursor->range < words->count) {
        const struct extent *range = &words->list[cursor->range];

        if (cursor->next < range->offset)
            cursor->next = range->offset;
        if (cursor->next >= range->offset + range->size) {
            cursor->range++;
            continue;
        }
        cursor->offset = cursor->next;
        cursor->next += BLOCK_SIZE;
        cursor->table =
            (size_t)(inventory_find(cursor->inventory, cursor->offset) - cursor->inventory->tables);
        if (load(cursor, why))
            return -1;
        if (!is_empty(cursor))
            return 1;
    }
    return 0;
}
