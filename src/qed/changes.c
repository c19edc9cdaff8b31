/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/changes.h"

#include <errno.h>
#include <stdlib.h>

const char *change_kind_name(enum change_kind kind)
{
    static const char *const names[CHANGE_KINDS] = {"allocated", "freed",   "moved",
                                                    "zeroed",    "damaged", "mended"};

    return names[kind];
}

/* The L2 tables of one side in the order of L1, and the elements of the one in hand. */
struct reading {
    const struct changes_side *side;
    struct table_ref *tables;
    size_t count, next;
    struct table_cursor cursor;
    struct run run; /* what is left of the run in hand */
};

static int compare_refs(const void *left, const void *right)
{
    const struct table_ref *a = left, *b = right;

    return a->l1_index < b->l1_index ? -1 : a->l1_index > b->l1_index;
}

static int reading_init(struct reading *reading, const struct changes_side *side,
                        struct failure *why)
{
    const struct inventory *inventory = &side->audit->inventory;

    *reading = (struct reading){.side = side};
    reading->tables = calloc(inventory->count + 1, sizeof(*reading->tables));
    if (!reading->tables)
        return failure_set_errno(why, ENOMEM, "cannot compare %zu tables", inventory->count);
    for (size_t i = 0; i < inventory->count; i++) {
        if (inventory->tables[i].level == TABLE_L2)
            reading->tables[reading->count++] = inventory->tables[i];
    }
    qsort(reading->tables, reading->count, sizeof(*reading->tables), compare_refs);
    return 0;
}

/* The table of an L1 element, if it is the next one of this side. */
static const struct table_ref *table_at(const struct reading *reading, uint64_t l1_index)
{
    if (reading->next == reading->count || reading->tables[reading->next].l1_index != l1_index)
        return NULL;
    return &reading->tables[reading->next];
}

static int compare_offsets(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

static bool is_suspect(const struct changes_side *side, const struct table_ref *table)
{
    return table && side->suspect_count &&
           bsearch(&table->offset, side->suspect, side->suspect_count, sizeof(*side->suspect),
                   compare_offsets);
}

/*
 * Whether a copy does not hold truly what the other side has, or itself. Stand-ins claim other
 * clusters than what they stand for, so that next to them a table can be walked on one side only.
 */
static bool is_left_out(const struct reading *before, const struct reading *after,
                        const struct table_ref *from, const struct table_ref *to)
{
    bool stand_ins = before->side->suspect_count || after->side->suspect_count;

    return (stand_ins && (!from || !to)) || is_suspect(before->side, from) ||
           is_suspect(before->side, to) || is_suspect(after->side, from) ||
           is_suspect(after->side, to);
}

/* Begins with the elements of a table; those of no table are all unallocated. */
static void begin_table(struct reading *reading, const struct table_ref *table)
{
    const struct geometry *geometry = &reading->side->audit->geometry;

    reading->run = (struct run){.class = ELEMENT_UNALLOCATED, .count = geometry->nelems};
    if (!table)
        return;
    reading->run.count = 0;
    table_begin(&reading->cursor, reading->side->source, geometry, TABLE_L2, table->offset, NULL);
}

static int fill_run(struct reading *reading, struct failure *why)
{
    return reading->run.count ? 1 : table_next(&reading->cursor, &reading->run, why);
}

static void shorten(struct reading *reading, uint32_t count)
{
    struct run *run = &reading->run;

    if (run->class == ELEMENT_VALID || run->class == ELEMENT_INVALID)
        run->value += (uint64_t)count * reading->side->audit->geometry.cluster_size;
    run->index += count;
    run->count -= count;
}

static bool is_bad(const struct run *run)
{
    return run->class == ELEMENT_INVALID || run->class == ELEMENT_UNREADABLE;
}

/* What happened to an element; false: nothing. */
static bool classify(const struct run *before, const struct run *after, bool redacted,
                     enum change_kind *kind)
{
    bool same_place = before->value == after->value || (redacted && is_bad(before));

    if (before->class == after->class &&
        (before->class == ELEMENT_UNALLOCATED || before->class == ELEMENT_ZERO || same_place))
        return false;
    if (is_bad(after))
        *kind = CHANGE_DAMAGED;
    else if (is_bad(before))
        *kind = CHANGE_MENDED;
    else if (after->class == ELEMENT_ZERO)
        *kind = CHANGE_ZEROED;
    else if (after->class == ELEMENT_UNALLOCATED)
        *kind = CHANGE_FREED;
    else
        *kind = before->class == ELEMENT_VALID ? CHANGE_MOVED : CHANGE_ALLOCATED;
    return true;
}

static uint64_t place_of(const struct run *run)
{
    return run->class == ELEMENT_VALID ? run->value : FINDING_NOWHERE;
}

static int keep_last(struct changes *changes, struct failure *why)
{
    struct change_list *to = &changes->kinds[changes->last_kind];

    if (!changes->last.count)
        return 0;
    to->ranges++;
    to->clusters += changes->last.count;
    if (to->kept < changes->keep) {
        if (!to->list)
            to->list = calloc(changes->keep, sizeof(*to->list));
        if (!to->list)
            return failure_set_errno(why, ENOMEM, "cannot keep changes");
        to->list[to->kept++] = changes->last;
    }
    changes->last.count = 0;
    return 0;
}

static bool rises(uint64_t from, uint64_t to, uint64_t bytes)
{
    return from == FINDING_NOWHERE ? to == FINDING_NOWHERE : to == from + bytes;
}

/* Adds a change; one that continues the last is joined with it. */
static int add(struct changes *changes, enum change_kind kind, const struct change *change,
               uint64_t cluster_size, struct failure *why)
{
    struct change *last = &changes->last;

    if (last->count && changes->last_kind == kind &&
        last->cluster + last->count == change->cluster &&
        rises(last->before, change->before, last->count * cluster_size) &&
        rises(last->after, change->after, last->count * cluster_size)) {
        last->count += change->count;
        return 0;
    }
    if (keep_last(changes, why))
        return -1;
    *last = *change;
    changes->last_kind = kind;
    return 0;
}

/* Compares the elements of one L1 element's tables, run by run. */
static int compare_elements(struct changes *changes, struct reading *before, struct reading *after,
                            uint64_t l1_index, struct failure *why)
{
    const struct geometry *geometry = &before->side->audit->geometry;
    bool redacted = before->side->redacted || after->side->redacted;
    uint32_t done = 0;

    while (done < geometry->nelems) {
        struct run *from = &before->run, *to = &after->run;
        enum change_kind kind;
        struct change change;

        if (fill_run(before, why) < 0 || fill_run(after, why) < 0)
            return -1;
        change = (struct change){l1_index * geometry->nelems + done,
                                 from->count < to->count ? from->count : to->count, place_of(from),
                                 place_of(to)};
        if (classify(from, to, redacted, &kind) &&
            add(changes, kind, &change, geometry->cluster_size, why))
            return -1;
        done += (uint32_t)change.count;
        shorten(before, (uint32_t)change.count);
        shorten(after, (uint32_t)change.count);
    }
    return 0;
}

static int note_table(struct changes *changes, uint64_t l1_index, const struct table_ref *before,
                      const struct table_ref *after, struct failure *why)
{
    if (before && after && before->offset == after->offset)
        return 0;
    changes->tables_added += !before;
    changes->tables_gone += !after;
    changes->tables_moved += before && after;
    if (changes->tables_kept == changes->keep)
        return 0;
    if (!changes->tables)
        changes->tables = calloc(changes->keep, sizeof(*changes->tables));
    if (!changes->tables)
        return failure_set_errno(why, ENOMEM, "cannot keep changes");
    changes->tables[changes->tables_kept++] =
        (struct table_change){l1_index, before ? before->offset : FINDING_NOWHERE,
                              after ? after->offset : FINDING_NOWHERE};
    return 0;
}

static int compare_tables(struct changes *changes, struct reading *before, struct reading *after,
                          uint64_t l1_index, struct failure *why)
{
    const struct table_ref *from = table_at(before, l1_index), *to = table_at(after, l1_index);

    before->next += from != NULL;
    after->next += to != NULL;
    if (is_left_out(before, after, from, to)) {
        changes->tables_left_out++;
        return 0;
    }
    begin_table(before, from);
    begin_table(after, to);
    if (note_table(changes, l1_index, from, to, why))
        return -1;
    return compare_elements(changes, before, after, l1_index, why);
}

static uint64_t next_index(const struct reading *reading)
{
    return reading->next < reading->count ? reading->tables[reading->next].l1_index : UINT64_MAX;
}

bool changes_can_compare(const struct audit *before, const struct audit *after)
{
    return before->walked && after->walked &&
           before->geometry.cluster_size == after->geometry.cluster_size &&
           before->geometry.nelems == after->geometry.nelems;
}

int changes_find(struct changes *changes, const struct changes_side *before,
                 const struct changes_side *after, size_t keep, struct failure *why)
{
    struct reading from, to = {0};
    int result;

    *changes = (struct changes){.keep = keep};
    result = reading_init(&from, before, why) || reading_init(&to, after, why) ? -1 : 0;
    while (!result && (from.next < from.count || to.next < to.count)) {
        uint64_t a = next_index(&from), b = next_index(&to);

        result = compare_tables(changes, &from, &to, a < b ? a : b, why);
    }
    if (!result)
        result = keep_last(changes, why);
    free(from.tables);
    free(to.tables);
    return result;
}

bool changes_any(const struct changes *changes)
{
    bool any = changes->tables_added || changes->tables_gone || changes->tables_moved;

    for (unsigned kind = 0; kind < CHANGE_KINDS; kind++)
        any |= changes->kinds[kind].ranges > 0;
    return any;
}

void changes_free(struct changes *changes)
{
    for (unsigned kind = 0; kind < CHANGE_KINDS; kind++)
        free(changes->kinds[kind].list);
    free(changes->tables);
    *changes = (struct changes){0};
}
