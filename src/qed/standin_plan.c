/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "qed/standin.h"

/* A table that a suspect word of the L1 table pointed at. */
struct moved {
    uint64_t l1_index;
    size_t table;
};

struct plan {
    struct belief *belief;
    const struct geometry *geometry;
    uint64_t l1_offset;
    uint64_t whole_clusters; /* of the file: its end may cut the last one */
    struct moved *moved;     /* by L1 index */
    size_t moved_count, placed_count;
    uint64_t words;      /* of suspect blocks of L2 tables */
    uint64_t spare;      /* suspect pointers that led to no table that was read */
    uint64_t empty;      /* of those, how many are still to point at empty tables */
    uint64_t rest;       /* clusters that one more has to claim, fewer than a table has */
    uint64_t last_table; /* offset of the table placed last for the block in hand, else of L1 */
    uint64_t cursor;     /* where the next table is placed, a cluster number */
};

static int compare_moved(const void *a, const void *b)
{
    const struct moved *x = a, *y = b;

    return (x->l1_index > y->l1_index) - (x->l1_index < y->l1_index);
}

static int list_moved(struct plan *plan, struct failure *why)
{
    const struct belief *belief = plan->belief;

    plan->moved = calloc(belief->inventory->count + 1, sizeof(*plan->moved));
    if (!plan->moved)
        return failure_set_errno(why, ENOMEM, "cannot keep account of suspect tables");
    for (size_t i = 0; i < belief->inventory->count; i++) {
        const struct table_ref *table = &belief->inventory->tables[i];

        belief->tables[i].place = table->offset;
        if (table->level == TABLE_L1 || belief->tables[i].reason != SUSPECT_L1)
            continue;
        belief->tables[i].place = 0;
        plan->moved[plan->moved_count++] = (struct moved){table->l1_index, i};
    }
    qsort(plan->moved, plan->moved_count, sizeof(*plan->moved), compare_moved);
    return 0;
}

static void count_words(struct plan *plan)
{
    const struct belief *belief = plan->belief;

    for (size_t i = 0; i < belief->block_count; i++) {
        plan->spare += belief->blocks[i].pointers;
        if (belief->inventory->tables[belief->blocks[i].table].level == TABLE_L2)
            plan->words += belief->blocks[i].words;
    }
    plan->spare -= plan->moved_count < plan->spare ? plan->moved_count : plan->spare;
}

/*
 * Shares out the clusters that stand-ins have to claim: empty tables claim what is too much for the
 * words of L2 tables. Returns how many of those become references.
 */
static uint64_t share_out(struct plan *plan, uint64_t claimed)
{
    uint64_t table_clusters = plan->geometry->table_clusters;
    uint64_t before = plan->belief->occupied.claimed + plan->moved_count * table_clusters;
    uint64_t left = claimed > before ? claimed - before : 0;
    uint64_t excess = left > plan->words ? left - plan->words : 0;
    uint64_t over = excess % table_clusters;

    plan->belief->shortfall.surplus = before > claimed ? before - claimed : 0;
    plan->empty = excess / table_clusters + (over && plan->words >= table_clusters - over);
    if (plan->empty > plan->spare)
        plan->empty = plan->spare;
    left -= plan->empty * table_clusters;
    if (left > plan->words) {
        plan->rest = left - plan->words;
        left = plan->words;
    }
    return left;
}

/* Places a table where there is room for it. Returns its offset, 0 if there is no room. */
static int place_table(struct plan *plan, uint64_t *offset, struct failure *why)
{
    uint64_t clusters = plan->geometry->table_clusters, first, count, taken = 0;

    *offset = 0;
    while (claims_next_free(&plan->belief->occupied, plan->cursor, plan->whole_clusters, &first,
                            &count)) {
        plan->cursor = first + count;
        if (count < clusters)
            continue;
        plan->cursor = first + clusters;
        *offset = plan->last_table = first << plan->geometry->cluster_bits;
        return claims_take_all(&plan->belief->occupied, first, clusters, &taken, why);
    }
    return 0;
}

/* Points a word at a table of its own, if there is room for one. */
static int point(struct plan *plan, uint64_t *place, struct failure *why)
{
    struct belief *belief = plan->belief;

    if (place_table(plan, place, why))
        return -1;
    if (*place)
        belief->pointers[belief->pointer_count++] = *place;
    else
        belief->shortfall.tables++;
    return 0;
}

/*
 * Points a word into the table placed last, so that it claims the rest of the clusters behind that
 * one, if they are free. One of another block will not do: it may be believed in a copy's copy.
 */
static int point_at_rest(struct plan *plan, struct failure *why)
{
    struct belief *belief = plan->belief;
    uint64_t end = plan->last_table / plan->geometry->cluster_size + plan->geometry->table_clusters;
    uint64_t first, count, taken = 0;

    if (!claims_next_free(&belief->occupied, end, plan->whole_clusters, &first, &count) ||
        first != end || count < plan->rest)
        return 0;
    belief->pointers[belief->pointer_count++] =
        plan->last_table + plan->rest * plan->geometry->cluster_size;
    count = plan->rest;
    plan->rest = 0;
    return claims_take_all(&belief->occupied, end, count, &taken, why);
}

/* Points words of a suspect block at tables, then at empty tables. */
static int point_at_tables(struct plan *plan, const struct suspect_block *block,
                           struct failure *why)
{
    struct belief *belief = plan->belief;
    uint64_t index = (block->offset - plan->l1_offset) / QED_ELEMENT_SIZE;
    uint64_t tables = 0, others, empty, place;

    for (size_t i = plan->placed_count;
         i < plan->moved_count && plan->moved[i].l1_index < index + BLOCK_WORDS; i++)
        tables++;
    if (tables > block->pointers)
        tables = block->pointers;
    others = block->pointers - tables;
    empty = plan->empty < others ? plan->empty : others;
    plan->empty -= empty;
    for (; tables > 0; tables--) {
        if (point(plan, &belief->tables[plan->moved[plan->placed_count++].table].place, why))
            return -1;
    }
    for (; empty > 0; empty--) {
        if (point(plan, &place, why))
            return -1;
    }
    return 0;
}

/*
 * Makes up the pointers of a suspect block. Those at the L1 table come last: nothing depends on
 * what they stand for, so that the copy of a copy is the same.
 */
static int make_pointers(struct plan *plan, struct suspect_block *block, struct failure *why)
{
    struct belief *belief = plan->belief;
    size_t end = belief->pointer_count + block->pointers;

    plan->last_table = plan->l1_offset;
    block->first = belief->pointer_count;
    block->references = block->pointers;
    if (point_at_tables(plan, block, why))
        return -1;
    if (plan->rest > 0 && belief->pointer_count < end && point_at_rest(plan, why))
        return -1;
    while (belief->pointer_count < end)
        belief->pointers[belief->pointer_count++] = plan->l1_offset;
    return 0;
}

static int place_tables(struct plan *plan, struct failure *why)
{
    struct belief *belief = plan->belief;

    belief->pointers = calloc(plan->spare + plan->moved_count + 1, sizeof(*belief->pointers));
    if (!belief->pointers)
        return failure_set_errno(why, ENOMEM, "cannot keep account of suspect tables");
    for (size_t i = 0; i < belief->block_count; i++) {
        struct suspect_block *block = &belief->blocks[i];

        if (belief->inventory->tables[block->table].level == TABLE_L1 &&
            make_pointers(plan, block, why))
            return -1;
    }
    return 0;
}

static int compare_blocks(const void *a, const void *b)
{
    const struct suspect_block *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Moves the blocks to where their tables are placed; those of tables without a place are lost. */
static void move_blocks(struct belief *belief)
{
    size_t kept = 0;

    for (size_t i = 0; i < belief->block_count; i++) {
        struct suspect_block block = belief->blocks[i];
        uint64_t place = belief->tables[block.table].place;

        if (!place)
            continue;
        block.offset = place + (block.offset - belief->inventory->tables[block.table].offset);
        belief->blocks[kept++] = block;
    }
    belief->block_count = kept;
    if (kept)
        qsort(belief->blocks, kept, sizeof(*belief->blocks), compare_blocks);
}

int standin_plan(struct belief *belief, const struct audit *audit, uint64_t missing,
                 struct failure *why)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t header_clusters = geometry->header_end >> geometry->cluster_bits;
    struct plan plan = {
        .belief = belief,
        .geometry = geometry,
        .l1_offset = audit->header.l1_table_offset,
        .whole_clusters = audit->file_size >> geometry->cluster_bits,
        .cursor = header_clusters,
    };
    uint64_t references;
    int result = -1;

    if (list_moved(&plan, why))
        goto out;
    count_words(&plan);
    references =
        share_out(&plan, geometry->file_clusters - header_clusters - audit->leaks - missing);
    if (place_tables(&plan, why))
        goto out;
    belief->shortfall.clusters = plan.rest;
    move_blocks(belief);
    standin_arrange(belief, references);
    result = 0;
out:
    free(plan.moved);
    return result;
}
