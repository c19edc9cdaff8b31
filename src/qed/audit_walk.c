/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"
#include "qed/audit_parts.h"

static struct finding finding_at(const struct audit *audit, enum finding_kind kind,
                                 const struct walk_step *step)
{
    struct finding finding = finding_make(kind);

    finding.table_offset = audit->header.l1_table_offset;
    finding.l1_index = step->l1_index;
    return finding;
}

/* Names the units of the guest's view that are hit, unless it has no such addresses. */
static void tell_guest_range(struct finding *finding, uint64_t unit, uint64_t index, uint64_t count)
{
    uint64_t pos, size;

    if (!checked_multiply(index, unit, &pos) || !checked_multiply(count, unit, &size))
        return;
    finding->guest_pos = pos;
    finding->guest_size = size;
}

/* A finding about elements of the L2 table that the walk is in. */
static struct finding finding_in_table(const struct audit *audit, enum finding_kind kind,
                                       const struct walk_step *step)
{
    const struct geometry *geometry = &audit->geometry;
    struct finding finding = finding_at(audit, kind, step);
    uint64_t cluster = step->l1_index * geometry->nelems + step->run.index;

    finding.table_offset = step->table_offset;
    finding.l2_index = step->run.index;
    finding.count = step->run.count;
    finding.reason = step->run.reason;
    finding.value = step->run.value;
    tell_guest_range(&finding, geometry->cluster_size, cluster, step->run.count);
    return finding;
}

static int note_bad_pointers(struct audit *audit, const struct walk_step *step, struct failure *why)
{
    const struct geometry *geometry = &audit->geometry;
    bool unreadable = step->run.class == ELEMENT_UNREADABLE;
    struct finding finding =
        finding_at(audit, unreadable ? FINDING_L1_UNREADABLE : FINDING_L1_INVALID, step);

    if (unreadable)
        tell_guest_range(&finding, (uint64_t)geometry->nelems * geometry->cluster_size,
                         step->l1_index, step->run.count);
    finding.count = step->run.count;
    finding.reason = step->run.reason;
    finding.value = step->run.value;
    return findings_add(&audit->findings, &finding, why);
}

static int note_shared_table(struct audit *audit, const struct walk_step *step, struct failure *why)
{
    struct finding finding = finding_at(audit, FINDING_TABLE_SHARED, step);

    finding.count = step->taken;
    finding.value = finding.offset = step->table_offset;
    audit->duplicates += step->taken;
    audit_chart_table(audit, ATLAS_L2, step->table_offset, step->taken);
    return findings_add(&audit->findings, &finding, why);
}

/* Counts elements in usage and atlas. */
static void count_elements(struct audit *audit, const struct walk_step *step)
{
    uint64_t fragmented = audit->usage.fragmented_clusters;

    usage_add(&audit->usage, &audit->geometry, step->l1_index, &step->run);
    if (audit->atlas)
        atlas_add_run(audit->atlas, step->l1_index * audit->geometry.nelems + step->run.index,
                      &step->run, audit->usage.fragmented_clusters > fragmented, step->duplicate);
}

static int note_elements(struct audit *audit, const struct walk_step *step, struct failure *why)
{
    struct finding finding;

    count_elements(audit, step);
    if (step->run.class == ELEMENT_INVALID) {
        finding = finding_in_table(audit, FINDING_L2_INVALID, step);
    } else if (step->run.class == ELEMENT_UNREADABLE) {
        finding = finding_in_table(audit, FINDING_L2_UNREADABLE, step);
    } else if (step->duplicate) {
        finding = finding_in_table(audit, FINDING_DUPLICATE, step);
        finding.offset = step->run.value;
        audit->duplicates += step->run.count;
    } else {
        return 0;
    }
    return findings_add(&audit->findings, &finding, why);
}

static int note_step(struct audit *audit, const struct walk_step *step, struct failure *why)
{
    switch (step->event) {
    case WALK_BAD_POINTERS:
        return note_bad_pointers(audit, step, why);
    case WALK_SHARED_TABLE:
        return note_shared_table(audit, step, why);
    case WALK_TABLE:
        usage_begin_table(&audit->usage);
        audit_chart_table(audit, ATLAS_L2, step->table_offset, 0);
        return 0;
    case WALK_ELEMENTS:
        return note_elements(audit, step, why);
    }
    return 0;
}

/* Tables that the guest's view takes; the walk passes them in order, where there are any. */
static uint64_t tables_of(const struct geometry *geometry)
{
    return geometry->total_clusters / geometry->nelems +
           (geometry->total_clusters % geometry->nelems > 0);
}

int audit_walk(struct audit *audit, struct source *source, const struct audit_options *options,
               struct failure *why)
{
    struct walk walk;
    struct finding finding = finding_make(FINDING_L1_TABLE_SHARED);
    int more = -1;

    if (walk_init(&walk, source, &audit->geometry, audit->header.l1_table_offset, WALK_TRUE, why))
        goto out;
    if (options->atlas && audit_begin_atlas(audit, walk.l1_taken, why))
        goto out;
    finding.count = audit->duplicates = walk.l1_taken;
    if (walk.l1_taken && findings_add(&audit->findings, &finding, why))
        goto out;
    meter_begin(options->meter, "walking tables", tables_of(&audit->geometry), false);
    while ((more = walk_next(&walk, why)) > 0) {
        meter_set(options->meter, walk.step.l1_index);
        if (note_step(audit, &walk.step, why) || audit_take_inventory(audit, &walk.step, why))
            goto failed;
    }
    if (more < 0)
        goto out;
    usage_finish(&audit->usage);
    audit->check_errors = findings_total(&audit->findings, SEVERITY_CHECK_ERROR);
    /* What unreadable elements refer to is not leaked; how much that is, nobody knows. */
    audit->leaks = audit->check_errors ? 0 : walk_leaks(&walk);
    if (audit->leaks && audit_list_leaks(audit, &walk.claims, why))
        goto failed;
    if (audit->atlas && !audit->check_errors)
        audit_chart_leaks(audit, &walk.claims);
    audit->walked = true;
    goto out;
failed:
    more = -1;
out:
    walk_free(&walk);
    return more;
}
