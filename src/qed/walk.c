/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/walk.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t number_of(const struct geometry *geometry, enum walk_numbering numbering,
                          uint64_t offset)
{
    if (numbering == WALK_QEMU)
        return offset / (geometry->cluster_size - 1);
    return offset >> geometry->cluster_bits;
}

uint64_t walk_number(const struct walk *walk, uint64_t offset)
{
    return number_of(walk->geometry, walk->numbering, offset);
}

bool walk_numberings_agree(const struct geometry *geometry)
{
    return number_of(geometry, WALK_QEMU, geometry->file_end) == geometry->file_clusters;
}

static int claim_header(struct walk *walk, struct failure *why)
{
    uint64_t clusters = walk->geometry->header_end >> walk->geometry->cluster_bits;
    uint64_t taken = 0;

    walk->header_clusters = clusters < walk->limit ? clusters : walk->limit;
    if (clusters > 0 || walk->limit == 0 || walk->numbering == WALK_QEMU)
        return 0;
    return claims_take_all(&walk->claims, 0, 1, &taken, why);
}

int walk_init(struct walk *walk, struct source *source, const struct geometry *geometry,
              uint64_t l1_offset, enum walk_numbering numbering, struct failure *why)
{
    *walk = (struct walk){.source = source, .geometry = geometry, .numbering = numbering};
    walk->limit = walk_number(walk, geometry->file_end);
    if (claims_init(&walk->claims, walk->limit, why) || claim_header(walk, why))
        return -1;
    walk->l1_bytes = malloc(SOURCE_CHUNK);
    if (!walk->l1_bytes)
        return failure_set_errno(why, ENOMEM, "cannot read the L1 table");
    table_begin(&walk->l1, source, geometry, TABLE_L1, l1_offset, walk->l1_bytes);
    return claims_take_all(&walk->claims, walk_number(walk, l1_offset), geometry->table_clusters,
                           &walk->l1_taken, why);
}

void walk_free(struct walk *walk)
{
    claims_free(&walk->claims);
    free(walk->l1_bytes);
}

/*
 * How many clusters from offset on have consecutive numbers. In qemu's numbering cluster k has the
 * number k + k / (cluster_size - 1), so there is a gap before every multiple of cluster_size - 1.
 */
static uint64_t consecutive_numbers(const struct walk *walk, uint64_t offset)
{
    uint64_t slip = walk->geometry->cluster_size - 1;
    uint64_t cluster = offset >> walk->geometry->cluster_bits;

    return walk->numbering == WALK_QEMU ? slip - cluster % slip : UINT64_MAX;
}

/* Removes the first count elements of a run. */
static void shorten(struct run *run, uint32_t count, uint64_t step)
{
    run->index += count;
    run->count -= count;
    if (run->class == ELEMENT_VALID || run->class == ELEMENT_INVALID)
        run->value += count * step;
}

/* Claims the clusters of a valid run as far as they were all free or all taken: one step. */
static int claim_elements(struct walk *walk, struct failure *why)
{
    struct run *run = &walk->l2_run;
    uint64_t count = consecutive_numbers(walk, run->value);

    if (count > run->count)
        count = run->count;
    count = claims_take(&walk->claims, walk_number(walk, run->value), count, &walk->step.duplicate,
                        why);
    if (count == 0)
        return -1;
    walk->step.run.count = (uint32_t)count;
    shorten(run, (uint32_t)count, walk->geometry->cluster_size);
    return 1;
}

/* The next step inside the current L2 table: 1, 0 at its end. */
static int next_elements(struct walk *walk, struct failure *why)
{
    struct run *run = &walk->l2_run;

    if (run->count == 0) {
        int more = table_next(&walk->l2, run, why);

        if (more <= 0)
            return more;
    }
    walk->step.event = WALK_ELEMENTS;
    walk->step.run = *run;
    walk->step.duplicate = false;
    if (run->class == ELEMENT_VALID)
        return claim_elements(walk, why);
    run->count = 0;
    return 1;
}

/* Enters the table that the first element of the L1 run points at, if nobody shares it. */
static int next_table(struct walk *walk, struct failure *why)
{
    struct run *run = &walk->l1_run;
    struct walk_step *step = &walk->step;

    step->l1_index = run->index;
    step->table_offset = run->value;
    step->taken = 0;
    if (claims_take_all(&walk->claims, walk_number(walk, run->value),
                        walk->geometry->table_clusters, &step->taken, why))
        return -1;
    shorten(run, 1, walk->geometry->table_size);
    step->event = step->taken ? WALK_SHARED_TABLE : WALK_TABLE;
    walk->in_table = !step->taken;
    walk->l2_run.count = 0;
    table_begin(&walk->l2, walk->source, walk->geometry, TABLE_L2, step->table_offset, NULL);
    return 1;
}

/* The next step on the L1 level, or 0 if the run in hand says nothing. */
static int next_pointers(struct walk *walk, struct failure *why)
{
    struct run *run = &walk->l1_run;

    if (run->class == ELEMENT_VALID)
        return next_table(walk, why);
    walk->step.event = WALK_BAD_POINTERS;
    walk->step.l1_index = run->index;
    walk->step.run = *run;
    run->count = 0;
    return run->class == ELEMENT_INVALID || run->class == ELEMENT_UNREADABLE;
}

int walk_next(struct walk *walk, struct failure *why)
{
    int result;

    if (walk->in_table) {
        result = next_elements(walk, why);
        if (result)
            return result;
        walk->in_table = false;
    }
    do {
        if (walk->l1_run.count == 0) {
            result = table_next(&walk->l1, &walk->l1_run, why);
            if (result <= 0)
                return result;
        }
        result = next_pointers(walk, why);
    } while (result == 0);
    return result;
}

uint64_t walk_leaks(const struct walk *walk)
{
    return walk->limit - walk->header_clusters - walk->claims.claimed;
}
