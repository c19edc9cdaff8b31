/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit_parts.h"

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
    if (audit_begin_inventory(audit, why))
        goto out;
    while ((more = walk_next(&walk, why)) > 0) {
        count_step(figures, &usage, &audit->geometry, &walk.step);
        if (audit_take_inventory(audit, &walk.step, why)) {
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

int audit_predict_qemu(struct audit *audit, struct source *source, struct failure *why)
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
