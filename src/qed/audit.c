/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/checked.h"
#include "qed/culprits.h"
#include "qed/survey_read.h"

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

/* Charts a table, of whose clusters some were claimed before. */
static void chart_table(struct audit *audit, enum atlas_use use, uint64_t offset, uint64_t taken)
{
    if (!audit->atlas)
        return;
    atlas_add_clusters(audit->atlas, use, offset, audit->geometry.table_clusters - taken);
    atlas_add_clusters(audit->atlas, ATLAS_TWICE, offset, taken);
}

static int note_shared_table(struct audit *audit, const struct walk_step *step, struct failure *why)
{
    struct finding finding = finding_at(audit, FINDING_TABLE_SHARED, step);

    finding.count = step->taken;
    finding.value = finding.offset = step->table_offset;
    audit->duplicates += step->taken;
    chart_table(audit, ATLAS_L2, step->table_offset, step->taken);
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
        chart_table(audit, ATLAS_L2, step->table_offset, 0);
        return 0;
    case WALK_ELEMENTS:
        return note_elements(audit, step, why);
    }
    return 0;
}

/* Takes down in the inventory what a step tells of tables and their words. */
static int take_inventory(struct audit *audit, const struct walk_step *step, struct failure *why)
{
    struct inventory *inventory = &audit->inventory;
    uint64_t l1_offset = audit->header.l1_table_offset;

    /* The copy has holes where nothing could be read. */
    if (step->run.class == ELEMENT_UNREADABLE &&
        (step->event == WALK_BAD_POINTERS || step->event == WALK_ELEMENTS))
        return 0;
    switch (step->event) {
    case WALK_BAD_POINTERS:
        return inventory_add_words(inventory, l1_offset, step->l1_index, step->run.count, why);
    case WALK_TABLE:
        if (inventory_add_table(inventory, TABLE_L2, step->table_offset, step->l1_index, why))
            return -1;
        return inventory_add_words(inventory, l1_offset, step->l1_index, 1, why);
    case WALK_SHARED_TABLE:
        return inventory_add_words(inventory, l1_offset, step->l1_index, 1, why);
    case WALK_ELEMENTS:
        break;
    }
    if (step->run.class == ELEMENT_UNALLOCATED)
        return 0;
    return inventory_add_words(inventory, step->table_offset, step->run.index, step->run.count,
                               why);
}

static int begin_inventory(struct audit *audit, struct failure *why)
{
    inventory_free(&audit->inventory);
    inventory_init(&audit->inventory, &audit->geometry);
    return inventory_add_table(&audit->inventory, TABLE_L1, audit->header.l1_table_offset,
                               FINDING_NOWHERE, why);
}

static int list_leaks(struct audit *audit, const struct claims *claims, struct failure *why)
{
    struct finding finding = finding_make(FINDING_LEAK);
    uint64_t from = audit->geometry.header_end >> audit->geometry.cluster_bits, first, count;
    size_t listed = 0;

    while (listed < audit->findings.keep &&
           claims_next_free(claims, from, claims->limit, &first, &count)) {
        finding.count = count;
        finding.offset = first << audit->geometry.cluster_bits;
        if (findings_add(&audit->findings, &finding, why))
            return -1;
        from = first + count;
        listed++;
    }
    /* Only the first ones were looked for; the count is known all the same. */
    audit->findings.kinds[FINDING_LEAK].total = audit->leaks;
    return 0;
}

/* Begins the atlas with what every image has. */
static int begin_atlas(struct audit *audit, const struct walk *walk, struct failure *why)
{
    uint64_t header_clusters = audit->header.header_size ? walk->header_clusters : 1;

    audit->atlas = malloc(sizeof(*audit->atlas));
    if (!audit->atlas)
        return failure_set_errno(why, ENOMEM, "cannot draw a map");
    atlas_init(audit->atlas, &audit->geometry);
    atlas_add_clusters(audit->atlas, ATLAS_HEADER, 0, header_clusters);
    chart_table(audit, ATLAS_L1, audit->header.l1_table_offset, walk->l1_taken);
    return 0;
}

static void chart_leaks(struct audit *audit, const struct walk *walk)
{
    uint64_t from = walk->header_clusters, first, count;

    while (claims_next_free(&walk->claims, from, walk->limit, &first, &count)) {
        atlas_add_clusters(audit->atlas, ATLAS_LEAKED, first << audit->geometry.cluster_bits,
                           count);
        from = first + count;
    }
}

/* The walk that gives the true figures. */
static int walk_truly(struct audit *audit, struct source *source, bool atlas, struct failure *why)
{
    struct walk walk;
    struct finding finding = finding_make(FINDING_L1_TABLE_SHARED);
    int more = -1;

    if (walk_init(&walk, source, &audit->geometry, audit->header.l1_table_offset, WALK_TRUE, why))
        goto out;
    if (atlas && begin_atlas(audit, &walk, why))
        goto out;
    finding.count = audit->duplicates = walk.l1_taken;
    if (walk.l1_taken && findings_add(&audit->findings, &finding, why))
        goto out;
    while ((more = walk_next(&walk, why)) > 0) {
        if (note_step(audit, &walk.step, why) || take_inventory(audit, &walk.step, why))
            goto failed;
    }
    if (more < 0)
        goto out;
    usage_finish(&audit->usage);
    audit->check_errors = findings_total(&audit->findings, SEVERITY_CHECK_ERROR);
    /* What unreadable elements refer to is not leaked; how much that is, nobody knows. */
    audit->leaks = audit->check_errors ? 0 : walk_leaks(&walk);
    if (audit->leaks && list_leaks(audit, &walk.claims, why))
        goto failed;
    if (audit->atlas && !audit->check_errors)
        chart_leaks(audit, &walk);
    audit->walked = true;
    goto out;
failed:
    more = -1;
out:
    walk_free(&walk);
    return more;
}

/* Surveys the tables, which is enough if nothing is wrong with them: 1, else 0; -1 failed. */
static int survey_tables(struct audit *audit, struct source *source, unsigned jobs,
                         struct failure *why)
{
    struct survey survey;
    int result = 0;

    if (begin_inventory(audit, why))
        return -1;
    if (!survey_init(&survey, &audit->geometry, audit->header.l1_table_offset, &audit->inventory,
                     &(struct failure){0}) &&
        survey_read(&survey, source, jobs)) {
        audit->usage = survey.usage;
        audit->leaks = survey.leaks;
        audit->walked = true;
        result = audit->leaks && list_leaks(audit, &survey.claims, why) ? -1 : 1;
    }
    survey_free(&survey);
    return result;
}

/* The true figures. */
static int count_truly(struct audit *audit, struct source *source,
                       const struct audit_options *options, struct failure *why)
{
    int done = 0;

    if (!options->in_order && !options->atlas && audit->header.header_size > 0)
        done = survey_tables(audit, source, options->jobs, why);
    if (done == 0)
        done =
            begin_inventory(audit, why) || walk_truly(audit, source, options->atlas, why) ? -1 : 1;
    return done < 0 ? -1 : 0;
}

/* What qemu's numbering changes in the figures of a corrupt image, counted by walking with it. */
struct qemu_figures {
    uint64_t corruptions, allocated, fragmented, leaks;
};

static void count_step(struct qemu_figures *figures, struct usage *usage,
                       const struct geometry *geometry, const struct walk_step *step)
{
    if (step->event == WALK_TABLE)
        usage_begin_table(usage);
    else if (step->event == WALK_BAD_POINTERS)
        figures->corruptions += step->run.count;
    else if (step->event == WALK_SHARED_TABLE)
        figures->corruptions += step->taken;
    else {
        usage_add(usage, geometry, step->l1_index, &step->run);
        if (step->run.class == ELEMENT_INVALID || step->duplicate)
            figures->corruptions += step->run.count;
    }
}

static int walk_as_qemu(struct audit *audit, struct source *source, struct qemu_figures *figures,
                        struct failure *why)
{
    struct usage usage = {0};
    struct walk walk;
    int more = -1;

    if (walk_init(&walk, source, &audit->geometry, audit->header.l1_table_offset, WALK_QEMU, why))
        goto out;
    if (begin_inventory(audit, why))
        goto out;
    while ((more = walk_next(&walk, why)) > 0) {
        count_step(figures, &usage, &audit->geometry, &walk.step);
        if (take_inventory(audit, &walk.step, why)) {
            more = -1;
            goto out;
        }
    }
    figures->allocated = usage.allocated_clusters;
    figures->fragmented = usage.fragmented_clusters;
    figures->leaks = walk_leaks(&walk);
out:
    walk_free(&walk);
    return more;
}

/*
 * Where no cluster is claimed twice, qemu's numbering gives each its own number as well and misses
 * nothing: then its leaks are the numbers of the file that neither header nor claims account for.
 */
static struct qemu_figures derive_qemu_figures(const struct audit *audit)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t numbers = geometry->file_end / (geometry->cluster_size - 1);
    uint64_t claimed = geometry->file_clusters - audit->header.header_size - audit->leaks;

    return (struct qemu_figures){
        .corruptions = audit->corruptions,
        .allocated = audit->usage.allocated_clusters,
        .fragmented = audit->usage.fragmented_clusters,
        .leaks = numbers - audit->header.header_size - claimed,
    };
}

static int predict_qemu(struct audit *audit, struct source *source, struct failure *why)
{
    struct qemu_figures figures = {0};
    bool agrees = walk_numberings_agree(&audit->geometry) || audit->duplicates == 0;

    if (audit->check_errors)
        qemu_cannot_read(&audit->qemu, audit->findings.kinds[FINDING_L1_UNREADABLE].total > 0);
    if (!qemu_counts(&audit->qemu))
        return 0;
    if (agrees && audit->header.header_size > 0)
        figures = derive_qemu_figures(audit);
    else if (walk_as_qemu(audit, source, &figures, why))
        return -1;
    qemu_count(&audit->qemu, &audit->geometry, figures.corruptions, figures.leaks,
               figures.allocated, figures.fragmented);
    return 0;
}

static int note(struct audit *audit, enum finding_kind kind, uint64_t count, bool noticed,
                struct failure *why)
{
    struct finding finding = finding_make(kind);

    finding.count = count;
    return noticed ? findings_add(&audit->findings, &finding, why) : 0;
}

static int note_header_faults(struct audit *audit, struct failure *why)
{
    for (int fault = 0; fault < HEADER_FAULTS; fault++) {
        if (note(audit, (enum finding_kind)fault, 1,
                 header_has(audit->header_faults, (enum header_fault)fault), why))
            return -1;
    }
    return note(audit, FINDING_NEED_CHECK, 1,
                audit->has_geometry && audit->header.features & QED_F_NEED_CHECK, why);
}

static bool qemu_differs(const struct audit *audit)
{
    return qemu_counts(&audit->qemu) && ((uint64_t)audit->qemu.corruptions != audit->corruptions ||
                                         (uint64_t)audit->qemu.leaks != audit->leaks);
}

static int note_remarks(struct audit *audit, struct failure *why)
{
    uint64_t beyond = audit->usage.beyond_clusters;
    uint64_t tail = audit->file_size - audit->geometry.file_end;

    if (note(audit, FINDING_BEYOND_IMAGE, beyond, beyond > 0, why))
        return -1;
    if (note(audit, FINDING_TAIL, tail, audit->file_size > audit->geometry.file_end && tail > 0,
             why))
        return -1;
    return note(audit, FINDING_QEMU_COUNTS, 1, qemu_differs(audit), why);
}

static enum verdict judge(const struct audit *audit)
{
    if (findings_total(&audit->findings, SEVERITY_CORRUPTION))
        return VERDICT_CORRUPT;
    if (header_has(audit->header_faults, HEADER_UNKNOWN_FEATURES))
        return VERDICT_UNSUPPORTED;
    if (audit->check_errors)
        return VERDICT_UNREADABLE;
    return audit->leaks ? VERDICT_LEAKS : VERDICT_CONSISTENT;
}

/* Walks the tables, as far as the header leads to them. */
static int audit_tables(struct audit *audit, struct source *source,
                        const struct audit_options *options, struct failure *why)
{
    if (!audit->has_geometry ||
        !geometry_holds_table(&audit->geometry, audit->header.l1_table_offset))
        return 0;
    if (count_truly(audit, source, options, why))
        return -1;
    audit->corruptions = audit->duplicates + audit->findings.kinds[FINDING_L1_INVALID].total +
                         audit->findings.kinds[FINDING_L2_INVALID].total;
    if (predict_qemu(audit, source, why))
        return -1;
    inventory_finish(&audit->inventory);
    return audit->duplicates ? culprits_name(audit, source, why) : 0;
}

int audit_run(struct audit *audit, struct source *source, const struct audit_options *options,
              struct failure *why)
{
    *audit = (struct audit){.file_size = source->size};
    findings_init(&audit->findings, options->keep);
    if (header_read(source, &audit->header, why))
        return -1;
    audit->header_faults = header_judge(&audit->header, source->size);
    audit->has_geometry = header_geometry(&audit->header, source->size, &audit->geometry);
    qemu_open(&audit->qemu, &audit->header, source->size);
    if (note(audit, FINDING_IN_USE, 1, options->in_use, why) || note_header_faults(audit, why) ||
        audit_tables(audit, source, options, why))
        return -1;
    if (audit->has_geometry && note_remarks(audit, why))
        return -1;
    audit->verdict = judge(audit);
    return 0;
}

void audit_free(struct audit *audit)
{
    findings_free(&audit->findings);
    inventory_free(&audit->inventory);
    free(audit->atlas);
}

struct audit_figures audit_figures(const struct audit *audit)
{
    return (struct audit_figures){
        .verdict = audit->verdict,
        .corruptions = audit->corruptions,
        .leaks = audit->leaks,
        .allocated_clusters = audit->usage.allocated_clusters,
        .fragmented_clusters = audit->usage.fragmented_clusters,
        .zero_clusters = audit->usage.zero_clusters,
    };
}

bool audit_can_copy(const struct audit *audit)
{
    return audit->walked && header_sound(audit->header_faults);
}
