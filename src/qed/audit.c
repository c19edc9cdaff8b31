/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit.h"

#include <errno.h>
#include <stdlib.h>

#include "qed/audit_parts.h"
#include "qed/culprits.h"

int audit_take_inventory(struct audit *audit, const struct walk_step *step, struct failure *why)
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

int audit_begin_inventory(struct audit *audit, struct failure *why)
{
    inventory_free(&audit->inventory);
    inventory_init(&audit->inventory, &audit->geometry);
    return inventory_add_table(&audit->inventory, TABLE_L1, audit->header.l1_table_offset,
                               FINDING_NOWHERE, why);
}

int audit_list_leaks(struct audit *audit, const struct claims *claims, struct failure *why)
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

void audit_chart_table(struct audit *audit, enum atlas_use use, uint64_t offset, uint64_t taken)
{
    if (!audit->atlas)
        return;
    atlas_add_clusters(audit->atlas, use, offset, audit->geometry.table_clusters - taken);
    atlas_add_clusters(audit->atlas, ATLAS_TWICE, offset, taken);
}

int audit_begin_atlas(struct audit *audit, uint64_t l1_taken, struct failure *why)
{
    uint64_t clusters = audit->geometry.header_end >> audit->geometry.cluster_bits;

    if (!audit->atlas)
        audit->atlas = malloc(sizeof(*audit->atlas));
    if (!audit->atlas)
        return failure_set_errno(why, ENOMEM, "cannot draw a map");
    atlas_init(audit->atlas, &audit->geometry);
    atlas_add_clusters(audit->atlas, ATLAS_HEADER, 0, clusters ? clusters : 1);
    audit_chart_table(audit, ATLAS_L1, audit->header.l1_table_offset, l1_taken);
    return 0;
}

void audit_chart_leaks(struct audit *audit, const struct claims *claims)
{
    uint64_t from = audit->geometry.header_end >> audit->geometry.cluster_bits, first, count;

    while (claims_next_free(claims, from, claims->limit, &first, &count)) {
        atlas_add_clusters(audit->atlas, ATLAS_LEAKED, first << audit->geometry.cluster_bits,
                           count);
        from = first + count;
    }
}

/* The true figures. */
static int count_truly(struct audit *audit, struct source *source,
                       const struct audit_options *options, struct failure *why)
{
    int done = 0;

    if (!options->in_order && audit_can_survey(audit))
        done = audit_survey(audit, source, options, why);
    if (done == 0)
        done =
            audit_begin_inventory(audit, why) || audit_walk(audit, source, options, why) ? -1 : 1;
    return done < 0 ? -1 : 0;
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
    if (audit_predict_qemu(audit, source, why))
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
