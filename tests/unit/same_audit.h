/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_SAME_AUDIT_H
#define UNIT_SAME_AUDIT_H

#include <stddef.h>
#include <string.h>

#include "qed/audit.h"

/* Whether two audits of one image say the same, to the last finding and table. */

static inline bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->kind == b->kind && a->reason == b->reason && a->count == b->count &&
           a->table_offset == b->table_offset && a->l1_index == b->l1_index &&
           a->l2_index == b->l2_index && a->offset == b->offset && a->value == b->value &&
           a->guest_pos == b->guest_pos && a->guest_size == b->guest_size &&
           a->other.role == b->other.role && a->other.l1_index == b->other.l1_index &&
           a->other.l2_index == b->other.l2_index;
}

static inline bool same_findings(const struct findings *a, const struct findings *b)
{
    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        const struct finding_list *x = &a->kinds[kind], *y = &b->kinds[kind];

        if (x->total != y->total || x->places != y->places || x->kept != y->kept)
            return false;
        for (size_t i = 0; i < x->kept; i++) {
            if (!same_finding(&x->list[i], &y->list[i]))
                return false;
        }
    }
    return true;
}

static inline bool same_inventory(const struct inventory *a, const struct inventory *b)
{
    if (a->count != b->count || a->word_count != b->word_count || a->words.count != b->words.count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->tables[i].offset != b->tables[i].offset ||
            a->tables[i].l1_index != b->tables[i].l1_index ||
            a->tables[i].level != b->tables[i].level)
            return false;
    }
    for (size_t i = 0; i < a->words.count; i++) {
        if (a->words.list[i].offset != b->words.list[i].offset ||
            a->words.list[i].size != b->words.list[i].size)
            return false;
    }
    return true;
}

static inline bool same_axis(const struct atlas_axis *a, const struct atlas_axis *b)
{
    return a->clusters == b->clusters && a->bits == b->bits && a->cells == b->cells;
}

static inline bool same_atlas(const struct atlas *a, const struct atlas *b)
{
    if (!a || !b)
        return !a && !b;
    return a->cluster_size == b->cluster_size && same_axis(&a->guest, &b->guest) &&
           same_axis(&a->file, &b->file) && same_axis(&a->columns, &b->columns) &&
           same_axis(&a->rows, &b->rows) && a->outside == b->outside && a->beyond == b->beyond &&
           !memcmp(a->guest_cells, b->guest_cells, sizeof(a->guest_cells)) &&
           !memcmp(a->file_cells, b->file_cells, sizeof(a->file_cells)) &&
           !memcmp(a->dots, b->dots, sizeof(a->dots));
}

/* What differs, or NULL. */
static inline const char *audit_difference(const struct audit *a, const struct audit *b)
{
    if (a->file_size != b->file_size || memcmp(&a->header, &b->header, sizeof(a->header)) ||
        a->header_faults != b->header_faults || a->has_geometry != b->has_geometry)
        return "header";
    if (a->walked != b->walked || a->corruptions != b->corruptions ||
        a->duplicates != b->duplicates || a->leaks != b->leaks ||
        a->check_errors != b->check_errors)
        return "counts";
    if (memcmp(&a->usage, &b->usage, offsetof(struct usage, state)) ||
        a->usage.state.run_clusters || b->usage.state.run_clusters)
        return "usage";
    if (!same_findings(&a->findings, &b->findings))
        return "findings";
    if (a->verdict != b->verdict)
        return "verdict";
    if (!qemu_same(&a->qemu, &b->qemu))
        return "qemu-img's figures";
    if (!same_atlas(a->atlas, b->atlas))
        return "atlas";
    return same_inventory(&a->inventory, &b->inventory) ? NULL : "inventory";
}

#endif
