/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/block.h"

#include <string.h>

#include "base/bytes.h"

void block_begin(struct block_cursor *cursor, struct source *source,
                 const struct inventory *inventory)
{
    cursor->source = source;
    cursor->inventory = inventory;
    cursor->range = 0;
    cursor->next = 0;
}

/* Reads the block at cursor->offset; holes and what the file lacks are zeros. */
static int load(struct block_cursor *cursor, struct failure *why)
{
    unsigned char bytes[BLOCK_SIZE] = {0};
    uint64_t at = cursor->offset, end = at + BLOCK_SIZE;
    struct extent data;
    int found;

    while ((found = source_data(cursor->source, at, end, &data, why)) > 0) {
        const unsigned char *from =
            source_range(cursor->source, data.offset, (size_t)data.size, why);

        if (!from)
            return -1;
        memcpy(bytes + (data.offset - cursor->offset), from, (size_t)data.size);
        at = data.offset + data.size;
    }
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        cursor->words[i] = bytes_load64(bytes + i * QED_ELEMENT_SIZE);
    return found;
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
