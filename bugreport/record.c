/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/record.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define GIB ((double)(UINT64_C(1) << 30))

#define ROW(key, label, type, member, walk)                                                        \
    {                                                                                              \
        key, label, type, offsetof(struct record, member), walk, false                             \
    }

#define HOST_ROW(key, label, type, member)                                                         \
    {                                                                                              \
        key, label, type, offsetof(struct record, member), false, true                             \
    }

const struct record_field record_fields[] = {
    ROW("virtual-size", "virtual size", FIELD_BYTES, virtual_size, false),
    HOST_ROW("actual-size", "disk size", FIELD_BYTES, actual_size),
    HOST_ROW("host-extents", "host extents", FIELD_COUNT, host_extents),
    ROW("file-size", "file length", FIELD_BYTES, file_size, false),
    ROW("cluster-size", "cluster size", FIELD_BYTES, cluster_size, false),
    ROW("table-size", "table size, clusters", FIELD_COUNT, table_size, false),
    ROW("header-size", "header size, clusters", FIELD_COUNT, header_size, false),
    ROW("dirty-flag", "dirty flag (need-check)", FIELD_BOOL, dirty_flag, false),
    ROW("in-use", "in use", FIELD_BOOL, in_use, false),
    ROW("check-errors", "check errors", FIELD_COUNT, check_errors, true),
    ROW("corruptions", "corruptions", FIELD_COUNT, corruptions, true),
    ROW("leaks", "leaked clusters", FIELD_COUNT, leaks, true),
    ROW("leaked-bytes", "leaked", FIELD_BYTES, leaked_bytes, true),
    ROW("total-clusters", "clusters in all", FIELD_COUNT, total_clusters, true),
    ROW("allocated-clusters", "allocated clusters", FIELD_COUNT, allocated_clusters, true),
    ROW("fragmented-clusters", "fragmented clusters", FIELD_COUNT, fragmented_clusters, true),
    ROW("zero-clusters", "zero clusters", FIELD_COUNT, zero_clusters, true),
    ROW("unallocated-clusters", "unallocated clusters", FIELD_COUNT, unallocated_clusters, true),
    ROW("allocated-percent", "allocated, %", FIELD_REAL, allocated_percent, true),
    ROW("fragmented-percent", "fragmented, %", FIELD_REAL, fragmented_percent, true),
    ROW("l2-tables", "L2 tables", FIELD_COUNT, l2_tables, true),
    ROW("metadata-bytes", "metadata", FIELD_BYTES, metadata_bytes, true),
    ROW("tail-bytes", "tail behind the last cluster", FIELD_BYTES, tail_bytes, true),
    ROW("runs", "runs of clusters", FIELD_COUNT, runs, true),
    ROW("mean-run-clusters", "mean run, clusters", FIELD_REAL, mean_run, true),
    ROW("median-run-clusters", "median run, clusters", FIELD_COUNT, median_run, true),
    ROW("longest-run-clusters", "longest run, clusters", FIELD_COUNT, longest_run, true),
    ROW("runs-per-gib", "runs per GiB allocated", FIELD_REAL, runs_per_gib, true),
    {0},
};

/* Two decimals, as qemu-img prints them, so that equal figures stay equal in every format. */
static double ratio(double part, double whole)
{
    return whole > 0 ? (double)(uint64_t)(part / whole * 100.0 + 0.5) / 100.0 : 0;
}

static void take_usage(struct record *record, const struct audit *audit)
{
    const struct usage *usage = &audit->usage;
    const struct geometry *geometry = &audit->geometry;
    double allocated_gib = (double)usage->valid_elements * geometry->cluster_size / GIB;

    record->allocated_clusters = usage->allocated_clusters;
    record->fragmented_clusters = usage->fragmented_clusters;
    record->zero_clusters = usage->zero_clusters;
    record->total_clusters = geometry->total_clusters;
    record->unallocated_clusters = geometry->total_clusters - usage->image_clusters;
    record->allocated_percent =
        ratio((double)usage->allocated_clusters * 100, (double)geometry->total_clusters);
    record->fragmented_percent =
        ratio((double)usage->fragmented_clusters * 100, (double)usage->allocated_clusters);
    record->l2_tables = usage->l2_tables;
    record->metadata_bytes = geometry->header_end + (1 + usage->l2_tables) * geometry->table_size;
    record->runs = usage->runs;
    record->median_run = usage_median_run(usage);
    record->longest_run = usage->longest_run;
    record->mean_run = ratio((double)usage->valid_elements, (double)usage->runs);
    record->runs_per_gib = ratio((double)usage->runs, allocated_gib);
    for (unsigned power = 0; power < RECORD_POWERS; power++)
        record->run_histogram[power] = usage_runs_of(usage, power);
}

static void take_figures(struct record *record, const struct audit *audit)
{
    const struct geometry *geometry = &audit->geometry;

    record->has_figures = true;
    record->corruptions = audit->corruptions;
    record->check_errors = audit->check_errors;
    record->leaks = audit->check_errors ? RECORD_UNKNOWN : audit->leaks;
    record->leaked_bytes =
        audit->check_errors ? RECORD_UNKNOWN : audit->leaks * geometry->cluster_size;
    if (audit->file_size > geometry->file_end)
        record->tail_bytes = audit->file_size - geometry->file_end;
    take_usage(record, audit);
}

static bool kind_has_value(enum finding_kind kind)
{
    return kind == FINDING_L1_INVALID || kind == FINDING_L2_INVALID;
}

static void take_finding(struct record_finding *to, const struct audit *audit,
                         const struct finding *finding)
{
    *to = (struct record_finding){.finding = *finding};
    if (!kind_has_value(finding->kind)) {
        to->finding.value = 0;
        return;
    }
    to->has_value = scrub_may_show(&audit->geometry, audit->file_size, finding->value);
    to->redacted = !to->has_value;
    if (to->redacted)
        to->finding.value = 0;
}

static int take_findings(struct record *record, const struct audit *audit, struct failure *why)
{
    const struct finding_list *kinds = audit->findings.kinds;
    size_t count = 0;

    for (int kind = 0; kind < FINDING_KINDS; kind++)
        count += kinds[kind].kept;
    record->findings = calloc(count + 1, sizeof(*record->findings));
    if (!record->findings)
        return failure_set_errno(why, ENOMEM, "cannot make a record");
    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        record->kinds[kind] = kinds[kind].total;
        for (size_t i = 0; i < kinds[kind].kept; i++)
            take_finding(&record->findings[record->finding_count++], audit, &kinds[kind].list[i]);
    }
    return 0;
}

static uint64_t shown_unless(const struct audit *audit, uint32_t faults, uint64_t value)
{
    faults |= 1u << HEADER_MAGIC | 1u << HEADER_SHORT;
    return audit->header_faults & faults ? RECORD_UNKNOWN : value;
}

static uint32_t count_bits(uint64_t bits)
{
    return (uint32_t)__builtin_popcountll(bits);
}

/* A field that fails its check may hold anything and is not shown. */
static void take_header(struct record *record, const struct audit *audit)
{
    const struct header *header = &audit->header;
    uint32_t image_size_faults = 1u << HEADER_IMAGE_SIZE_ODD | 1u << HEADER_IMAGE_SIZE_LIMIT |
                                 1u << HEADER_CLUSTER_SIZE | 1u << HEADER_TABLE_SIZE |
                                 1u << HEADER_UNKNOWN_FEATURES;
    bool l1_shown = audit->has_geometry &&
                    scrub_may_show(&audit->geometry, audit->file_size, header->l1_table_offset);

    record->magic_ok = header->magic == QED_MAGIC;
    record->virtual_size = shown_unless(audit, image_size_faults, header->image_size);
    record->cluster_size = shown_unless(audit, 1u << HEADER_CLUSTER_SIZE, header->cluster_size);
    record->table_size = shown_unless(audit, 1u << HEADER_TABLE_SIZE, header->table_size);
    record->header_size = audit->walked ? header->header_size : RECORD_UNKNOWN;
    record->l1_table_offset = l1_shown ? header->l1_table_offset : RECORD_UNKNOWN;
    if (!record->magic_ok)
        return;
    record->features = (uint32_t)header->features & QED_FEATURES_KNOWN;
    record->unknown_feature_bits = count_bits(header->features & ~(uint64_t)QED_FEATURES_KNOWN);
    record->compat_bits = count_bits(header->compat_features);
    record->autoclear_bits = count_bits(header->autoclear_features);
    record->dirty_flag = header->features & QED_F_NEED_CHECK;
    record->has_backing_file = header->features & QED_F_BACKING_FILE;
}

int record_make(struct record *record, const struct audit *audit, const char *filename,
                struct failure *why)
{
    *record = (struct record){
        .filename = strdup(filename),
        .verdict = audit->verdict,
        .in_use = audit->findings.kinds[FINDING_IN_USE].total,
        .file_size = audit->file_size,
        .actual_size = RECORD_UNKNOWN,
        .host_extents = RECORD_UNKNOWN,
        .qemu = audit->qemu,
        .atlas = audit->atlas,
    };
    if (!record->filename)
        return failure_set_errno(why, ENOMEM, "cannot make a record");
    if (record->qemu.error[0] && audit->header_faults & 1u << HEADER_UNKNOWN_FEATURES)
        strcpy(record->qemu.error, "Unsupported QED features");
    take_header(record, audit);
    if (audit->walked)
        take_figures(record, audit);
    return take_findings(record, audit, why);
}

/* The table that the L1 element of a claimant points at; FINDING_NOWHERE if it is not known. */
static uint64_t table_of(const struct inventory *inventory, uint64_t l1_index)
{
    for (size_t i = 0; i < inventory->count; i++) {
        if (inventory->tables[i].level == TABLE_L2 && inventory->tables[i].l1_index == l1_index)
            return inventory->tables[i].offset;
    }
    return FINDING_NOWHERE;
}

static bool may_tell_claimant(const struct scrub *scrub, const struct claimant *other)
{
    uint64_t table = scrub->audit->header.l1_table_offset;

    if (other->role == CLAIMANT_L2)
        return scrub_may_tell(scrub, table, other->l1_index, 1);
    if (other->role != CLAIMANT_DATA)
        return true;
    table = table_of(&scrub->audit->inventory, other->l1_index);
    return table != FINDING_NOWHERE && scrub_may_tell(scrub, table, other->l2_index, 1);
}

/* Leaks are what no word refers to: where there are suspect words, they would tell of those. */
static bool may_tell(const struct scrub *scrub, const struct finding *finding)
{
    bool in_l2 = finding->l2_index != FINDING_NOWHERE;

    if (finding->kind == FINDING_LEAK)
        return scrub->belief.block_count == 0;
    if (finding->table_offset == FINDING_NOWHERE)
        return true;
    return scrub_may_tell(scrub, finding->table_offset,
                          in_l2 ? finding->l2_index : finding->l1_index,
                          finding->kind == FINDING_TABLE_SHARED ? 1 : finding->count);
}

static void drop_place(struct record_finding *to, uint64_t l1_table_offset)
{
    struct finding *finding = &to->finding;

    to->suspect = true;
    to->has_value = to->redacted = false;
    finding->value = finding->guest_pos = finding->guest_size = 0;
    finding->l2_index = finding->offset = FINDING_NOWHERE;
    if (finding->table_offset == l1_table_offset)
        finding->l1_index = FINDING_NOWHERE;
}

/* Where a table is to which a suspect word points, that word would tell. */
static void drop_table(struct finding *finding, const struct scrub *scrub)
{
    const struct table_ref *table = inventory_find(&scrub->audit->inventory, finding->table_offset);

    if (table && !scrub_keeps_table(scrub, table))
        finding->table_offset = finding->l1_index = FINDING_NOWHERE;
}

/* A word that the copy has a marker for is not told either. */
static void redact(struct record_finding *to)
{
    to->redacted |= to->has_value;
    to->has_value = false;
    to->finding.value = 0;
}

static void drop_suspect(struct record *record, const struct scrub *scrub)
{
    for (size_t i = 0; i < record->finding_count; i++) {
        struct record_finding *to = &record->findings[i];
        struct finding *finding = &to->finding;

        redact(to);
        if (!may_tell_claimant(scrub, &finding->other))
            finding->other =
                (struct claimant){finding->other.role, FINDING_NOWHERE, FINDING_NOWHERE};
        if (!may_tell(scrub, finding))
            drop_place(to, scrub->audit->header.l1_table_offset);
        drop_table(finding, scrub);
    }
}

static void list_suspects(struct record_copy *copy, const struct scrub *scrub)
{
    const struct inventory *inventory = &scrub->audit->inventory;

    for (size_t i = 0; i < inventory->count; i++) {
        const struct table_ref *table = &inventory->tables[i];
        const struct table_belief *belief = scrub_belief(scrub, table);

        if (!scrub_keeps_table(scrub, table))
            copy->moved_tables++;
        else if (belief->suspect_blocks)
            copy->suspects[copy->suspect_count++] = (struct record_suspect){*table, *belief};
    }
}

bool record_copy_differs(const struct record_copy *copy)
{
    return copy->words.rewritten > 0 || copy->words.stand_ins > 0;
}

void record_set_atlas(struct record *record, const struct atlas *atlas)
{
    record->atlas = record->copy.moved_tables ? NULL : atlas;
}

int record_add_copy(struct record *record, struct scrub *scrub,
                    const struct scrub_forecast *forecast, bool faithful, struct failure *why)
{
    struct record_copy *copy = &record->copy;

    *copy = (struct record_copy){
        .present = true,
        .figures = forecast->figures,
        .qemu = forecast->qemu,
        .data_bytes = extents_total(&scrub->ranges),
        .words = forecast->words,
        .backing_name_kept = scrub->backing_name_kept,
        .faithful = faithful,
        .suspects = calloc(scrub->audit->inventory.count + 1, sizeof(*copy->suspects)),
    };
    if (!copy->suspects)
        return failure_set_errno(why, ENOMEM, "cannot make a record");
    copy->identical = qemu_same(&copy->qemu, &record->qemu);
    list_suspects(copy, scrub);
    record_set_atlas(record, scrub->audited ? scrub->atlas : scrub->audit->atlas);
    drop_suspect(record, scrub);
    return deviation_find(&copy->deviation, scrub, &copy->qemu, why);
}

void record_drop_places(struct record *record)
{
    record->atlas = NULL;
    for (size_t i = 0; i < record->finding_count; i++) {
        struct finding *finding = &record->findings[i].finding;

        if (finding->table_offset == FINDING_NOWHERE && finding->offset == FINDING_NOWHERE)
            continue;
        finding->other = (struct claimant){CLAIMANT_NONE, FINDING_NOWHERE, FINDING_NOWHERE};
        drop_place(&record->findings[i], finding->table_offset);
        finding->table_offset = FINDING_NOWHERE;
    }
}

int record_set_backing_name(struct record *record, const char *name, struct failure *why)
{
    record->backing_name = strdup(name);
    return record->backing_name ? 0 : failure_set_errno(why, ENOMEM, "cannot make a record");
}

void record_free(struct record *record)
{
    free(record->filename);
    free(record->backing_name);
    free(record->findings);
    free(record->copy.suspects);
    environment_free(&record->environment);
    *record = (struct record){0};
}

bool record_has_field(const struct record *record, const struct record_field *field)
{
    const void *at = (const char *)record + field->at;

    if (field->of_host)
        return *(const uint64_t *)at != RECORD_UNKNOWN;
    return record->has_figures || !field->needs_walk;
}
