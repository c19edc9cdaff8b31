/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/pick.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/checked.h"

/* How many elements of a table at an L1 index lie inside the file, and inside the image if asked.
 */
static uint64_t elements_allowed(const struct source *source, const struct audit *audit,
                                 const struct pick_filter *filter, const struct table_ref *table)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t total = geometry->total_clusters, allowed = geometry->nelems;
    uint64_t present = (source->size - table->offset) / QED_ELEMENT_SIZE;
    uint64_t inside;

    if (present < allowed)
        allowed = present;
    if (!filter->inside_image)
        return allowed;
    if (filter->level == TABLE_L1)
        inside = total / geometry->nelems + (total % geometry->nelems != 0);
    else
        inside =
            total - (table->l1_index * geometry->nelems < total ? table->l1_index * geometry->nelems
                                                                : total);
    return inside < allowed ? inside : allowed;
}

/* Fills in the element at an index of a table, as part of a run. */
static void fill_element(struct element *element, const struct pick_filter *filter,
                         const struct table_ref *table, const struct table_cursor *cursor,
                         const struct run *run, uint64_t skip)
{
    uint64_t index = run->index + skip;
    bool l1 = filter->level == TABLE_L1, steps = run->class >= ELEMENT_VALID;

    *element = (struct element){
        .level = filter->level,
        .l1_index = l1 ? index : table->l1_index,
        .l2_index = l1 ? 0 : index,
        .table_offset = table->offset,
        .offset = table->offset + index * QED_ELEMENT_SIZE,
        .value = run->class == ELEMENT_ZERO ? QED_ZERO_CLUSTER
                 : steps                    ? run->value + skip * cursor->step
                                            : QED_UNALLOCATED,
        .class = run->class,
    };
}

/*
 * Counts the elements of a table that pass into *seen. Where the one numbered wanted is among them
 * it is filled in and 1 returned.
 */
static int scan_table(struct source *source, const struct audit *audit,
                      const struct pick_filter *filter, const struct table_ref *table,
                      uint64_t *seen, uint64_t wanted, struct element *element, struct failure *why)
{
    uint64_t allowed = elements_allowed(source, audit, filter, table);
    struct table_cursor cursor;
    struct run run;
    int more;

    table_begin(&cursor, source, &audit->geometry, filter->level, table->offset, NULL);
    while ((more = table_next(&cursor, &run, why)) > 0 && run.index < allowed) {
        uint64_t room = allowed - run.index, count = run.count < room ? run.count : room;

        if (!(filter->classes >> run.class & 1))
            continue;
        if (wanted - *seen < count) {
            fill_element(element, filter, table, &cursor, &run, wanted - *seen);
            return 1;
        }
        *seen += count;
    }
    return more < 0 ? -1 : 0;
}

static int scan_tables(struct source *source, const struct audit *audit,
                       const struct pick_filter *filter, uint64_t *seen, uint64_t wanted,
                       struct element *element, struct failure *why)
{
    for (size_t i = 0; i < audit->inventory.count; i++) {
        const struct table_ref *table = &audit->inventory.tables[i];
        int found;

        if (table->level != filter->level)
            continue;
        found = scan_table(source, audit, filter, table, seen, wanted, element, why);
        if (found)
            return found;
    }
    return 0;
}

int pick_element(struct source *source, const struct audit *audit, const struct pick_filter *filter,
                 struct dice *dice, struct element *element, struct failure *why)
{
    uint64_t count = 0, seen = 0;

    if (scan_tables(source, audit, filter, &count, UINT64_MAX, element, why))
        return -1;
    if (count == 0)
        return 0;
    return scan_tables(source, audit, filter, &seen, dice_below(dice, count), element, why);
}

const struct table_ref *pick_table(const struct audit *audit, enum table_level level,
                                   uint64_t offset)
{
    const struct table_ref *table = inventory_find(&audit->inventory, offset);

    return table && table->offset == offset && table->level == level ? table : NULL;
}

static int load(struct source *source, const struct audit *audit, struct element *element,
                struct failure *why)
{
    const unsigned char *bytes;
    char name[PICK_TEXT_SIZE];

    if (!range_inside(element->offset, QED_ELEMENT_SIZE, source->size))
        return failure_set(why, "%s lies behind the end of the file", pick_name(element, name));
    bytes = source_range(source, element->offset, QED_ELEMENT_SIZE, why);
    if (!bytes)
        return -1;
    element->value = bytes_load64(bytes);
    element->class = table_classify(&audit->geometry, element->level, element->value, NULL);
    return 0;
}

int pick_at(struct source *source, const struct audit *audit, enum table_level level,
            uint64_t l1_index, uint64_t l2_index, struct element *element, struct failure *why)
{
    uint32_t nelems = audit->geometry.nelems;
    struct element l1 = {.level = TABLE_L1, .table_offset = audit->header.l1_table_offset};

    if (l1_index >= nelems || l2_index >= nelems)
        return failure_set(
            why, "element %" PRIu64 ":%" PRIu64 ": a table has %" PRIu32 " elements, from 0 on",
            l1_index, l2_index, nelems);
    l1.l1_index = l1_index;
    l1.offset = l1.table_offset + l1_index * QED_ELEMENT_SIZE;
    if (load(source, audit, &l1, why))
        return -1;
    *element = l1;
    if (level == TABLE_L1)
        return 0;
    if (l1.class == ELEMENT_UNALLOCATED)
        return failure_set(why,
                           "L1 element %" PRIu64 " is unallocated: it has no L2 table, and "
                           "none is made",
                           l1_index);
    if (l1.class == ELEMENT_INVALID)
        return failure_set(why, "L1 element %" PRIu64 " is invalid: it has no L2 table", l1_index);
    if (!pick_table(audit, TABLE_L2, l1.value))
        return failure_set(why,
                           "L1 element %" PRIu64 ": its table at 0x%" PRIx64 " shares clusters "
                           "with something else, and qemu-img check does not read it",
                           l1_index, l1.value);
    *element = (struct element){.level = TABLE_L2,
                                .l1_index = l1_index,
                                .l2_index = l2_index,
                                .table_offset = l1.value,
                                .offset = l1.value + l2_index * QED_ELEMENT_SIZE};
    return load(source, audit, element, why);
}

const char *pick_name(const struct element *element, char text[PICK_TEXT_SIZE])
{
    if (element->level == TABLE_L1)
        snprintf(text, PICK_TEXT_SIZE, "L1 element %" PRIu64, element->l1_index);
    else
        snprintf(text, PICK_TEXT_SIZE, "L2 element %" PRIu64 ":%" PRIu64, element->l1_index,
                 element->l2_index);
    return text;
}

const char *pick_class_name(enum table_level level, enum element_class class)
{
    static const char *const names[] = {"unallocated", "zero cluster", "unreadable", "", "invalid"};

    if (class == ELEMENT_VALID)
        return level == TABLE_L1 ? "L2 table" : "data";
    return names[class];
}

const char *pick_value(const struct audit *audit, enum table_level level, uint64_t value,
                       char text[PICK_TEXT_SIZE])
{
    enum element_reason reason;
    enum element_class class = table_classify(&audit->geometry, level, value, &reason);

    snprintf(text, PICK_TEXT_SIZE, "0x%" PRIx64 " (%s%s%s)", value, pick_class_name(level, class),
             reason ? ": " : "", reason_name(reason));
    return text;
}
