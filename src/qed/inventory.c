/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/inventory.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The smaller the grains, the fewer zeros are packed beside words, and the more ranges there are to
 * list. Of an image that is allocated here and there 16 KiB make the smallest archive.
 */
#define MAX_GRAIN (UINT64_C(16) * 1024)

void inventory_init(struct inventory *inventory, const struct geometry *geometry)
{
    *inventory = (struct inventory){.geometry = geometry};
}

void inventory_free(struct inventory *inventory)
{
    free(inventory->tables);
    extents_free(&inventory->words);
    *inventory = (struct inventory){0};
}

static int grow(struct inventory *inventory, struct failure *why)
{
    size_t capacity = inventory->capacity ? inventory->capacity * 2 : 64;
    struct table_ref *tables = reallocarray(inventory->tables, capacity, sizeof(*tables));

    if (!tables)
        return failure_set_errno(why, ENOMEM, "cannot keep a list of %zu tables", capacity);
    inventory->tables = tables;
    inventory->capacity = capacity;
    return 0;
}

int inventory_add_table(struct inventory *inventory, enum table_level level, uint64_t offset,
                        uint64_t l1_index, struct failure *why)
{
    if (inventory->count == inventory->capacity && grow(inventory, why))
        return -1;
    inventory->tables[inventory->count++] =
        (struct table_ref){.offset = offset, .l1_index = l1_index, .level = level};
    return 0;
}

/* Never larger than a cluster, so that no grain lies in two tables. */
uint64_t inventory_grain(const struct geometry *geometry)
{
    return geometry->cluster_size < MAX_GRAIN ? geometry->cluster_size : MAX_GRAIN;
}

int inventory_add_words(struct inventory *inventory, uint64_t table_offset, uint64_t index,
                        uint64_t count, struct failure *why)
{
    uint64_t grain = inventory_grain(inventory->geometry);
    uint64_t start = table_offset + index * QED_ELEMENT_SIZE;
    uint64_t end = start + count * QED_ELEMENT_SIZE;

    inventory->word_count += count;
    start &= ~(grain - 1);
    end = (end + grain - 1) & ~(grain - 1);
    return extents_add(&inventory->words, start, end - start, why);
}

static int compare(const void *a, const void *b)
{
    const struct table_ref *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

void inventory_finish(struct inventory *inventory)
{
    extents_sort(&inventory->words);
    if (inventory->count)
        qsort(inventory->tables, inventory->count, sizeof(*inventory->tables), compare);
}

/* How many tables begin at or below offset. */
static size_t tables_up_to(const struct inventory *inventory, uint64_t offset)
{
    size_t low = 0, high = inventory->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (inventory->tables[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct table_ref *inventory_find(const struct inventory *inventory, uint64_t offset)
{
    size_t count = tables_up_to(inventory, offset);
    const struct table_ref *table;

    if (count == 0)
        return NULL;
    table = &inventory->tables[count - 1];
    return offset - table->offset < inventory->geometry->table_size ? table : NULL;
}

const struct table_ref *inventory_next(const struct inventory *inventory, uint64_t offset)
{
    size_t count = tables_up_to(inventory, offset);

    return count < inventory->count ? &inventory->tables[count] : NULL;
}
