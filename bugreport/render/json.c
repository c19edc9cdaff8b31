/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *hex(uint64_t word)
{
    return json_sprintf("0x%016" PRIx64, word);
}

static json_t *field_value(const struct record *record, const struct record_field *field)
{
    const void *at = (const char *)record + field->at;

    switch (field->type) {
    case FIELD_BOOL:
        return json_boolean(*(const bool *)at);
    case FIELD_REAL:
        return json_real(*(const double *)at);
    case FIELD_COUNT:
    case FIELD_BYTES:
        break;
    }
    return json_number(*(const uint64_t *)at);
}

static int set_fields(json_t *object, const struct record *record)
{
    int failed = 0;

    for (const struct record_field *field = record_fields; field->key; field++) {
        if (record_has_field(record, field))
            failed |= json_object_set_new(object, field->key, field_value(record, field));
    }
    return failed;
}

static json_t *histogram(const struct record *record)
{
    json_t *list = json_array();
    unsigned top = RECORD_POWERS;

    while (top > 0 && record->run_histogram[top - 1] == 0)
        top--;
    for (unsigned power = 0; power < top; power++)
        json_array_append_new(list, json_number(record->run_histogram[power]));
    return list;
}

const char *json_feature_name(unsigned bit)
{
    static const char *const names[JSON_FEATURES] = {"backing-file", "need-check",
                                                     "backing-format-no-probe"};

    return names[bit];
}

static json_t *feature_names(uint32_t features)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < JSON_FEATURES; i++) {
        if (features >> i & 1)
            json_array_append_new(list, json_string(json_feature_name(i)));
    }
    return list;
}

static json_t *header(const struct record *record)
{
    return json_pack(
        "{s:b, s:o, s:i, s:i, s:i, s:o, s:b}", "magic", record->magic_ok, "features",
        feature_names(record->features), "unknown-feature-bits", (int)record->unknown_feature_bits,
        "compat-feature-bits", (int)record->compat_bits, "autoclear-feature-bits",
        (int)record->autoclear_bits, "l1-table-offset", json_number(record->l1_table_offset),
        "backing-file", record->has_backing_file);
}

/* qemu-img leaves out counts that are zero; here they are always there. */
static json_t *qemu(const struct qemu_check *check)
{
    char line[QEMU_SUMMARY_SIZE];
    json_t *object =
        json_pack("{s:b, s:i}", "opens", check->opens, "exit-status", check->exit_status);

    qemu_summary(check, line);
    if (!qemu_counts(check)) {
        json_object_set_new(object, "error", json_string(check->error));
        return object;
    }
    json_object_set_new(object, "summary", json_string(line));
    json_object_set_new(object, "check-errors", json_integer(0));
    json_object_set_new(object, "corruptions", json_integer(check->corruptions));
    json_object_set_new(object, "leaks", json_integer(check->leaks));
    json_object_set_new(object, "total-clusters", json_number(check->total_clusters));
    json_object_set_new(object, "allocated-clusters", json_number(check->allocated_clusters));
    json_object_set_new(object, "fragmented-clusters", json_number(check->fragmented_clusters));
    return object;
}

static void set_known(json_t *object, const char *key, uint64_t value)
{
    if (value != FINDING_NOWHERE)
        json_object_set_new(object, key, json_number(value));
}

static json_t *claimant(const struct claimant *other)
{
    json_t *object = json_pack("{s:s}", "role", claimant_name(other->role));

    set_known(object, "l1-index", other->l1_index);
    set_known(object, "l2-index", other->l2_index);
    return object;
}

static json_t *place(const struct record_finding *record_finding)
{
    const struct finding *finding = &record_finding->finding;
    json_t *object = json_pack("{s:o}", "count", json_number(finding->count));

    set_known(object, "table-offset", finding->table_offset);
    set_known(object, "l1-index", finding->l1_index);
    set_known(object, "l2-index", finding->l2_index);
    set_known(object, "offset", finding->offset);
    if (finding->reason)
        json_object_set_new(object, "reason", json_string(reason_name(finding->reason)));
    if (record_finding->has_value)
        json_object_set_new(object, "value", hex(finding->value));
    if (record_finding->redacted)
        json_object_set_new(object, "value", json_string("redacted"));
    if (record_finding->suspect)
        json_object_set_new(object, "suspect", json_true());
    if (finding->guest_size) {
        json_object_set_new(object, "guest-position", json_number(finding->guest_pos));
        json_object_set_new(object, "guest-size", json_number(finding->guest_size));
    }
    if (finding->other.role)
        json_object_set_new(object, "claimed-by", claimant(&finding->other));
    return object;
}

static json_t *findings(const struct record *record)
{
    json_t *list = json_array();
    size_t next = 0;

    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        const struct finding_row *row = finding_row((enum finding_kind)kind);
        json_t *places = json_array();

        for (; next < record->finding_count && (int)record->findings[next].finding.kind == kind;
             next++)
            json_array_append_new(places, place(&record->findings[next]));
        if (record->kinds[kind] == 0) {
            json_decref(places);
            continue;
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "kind", row->name,
                                              "severity", severity_name(row->severity), "text",
                                              row->text, "cause", row->cause, "count",
                                              json_number(record->kinds[kind]), "listed", places));
    }
    return list;
}

static json_t *suspects(const struct record_copy *copy)
{
    json_t *list = json_array();

    for (size_t i = 0; i < copy->suspect_count; i++) {
        const struct record_suspect *suspect = &copy->suspects[i];
        enum belief_reason reason = suspect->belief.reason;
        json_t *table = json_object();

        set_known(table, "table-offset", suspect->table.offset);
        set_known(table, "l1-index", suspect->table.l1_index);
        set_known(table, "suspect-blocks", suspect->belief.suspect_blocks);
        json_object_set_new(table, "whole", json_boolean(reason != BELIEVED));
        json_object_set_new(table, "reason",
                            json_string(belief_reason_name(reason ? reason : SUSPECT_CONTENT)));
        json_array_append_new(list, table);
    }
    return list;
}

static json_t *figures(const struct audit_figures *figures)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "verdict", verdict_name(figures->verdict),
                     "corruptions", json_number(figures->corruptions), "leaks",
                     json_number(figures->leaks), "allocated-clusters",
                     json_number(figures->allocated_clusters), "fragmented-clusters",
                     json_number(figures->fragmented_clusters), "zero-clusters",
                     json_number(figures->zero_clusters));
}

/* The tables whose order of words makes a difference, and the reasons for any. */
static json_t *deviation(const struct deviation *deviation)
{
    json_t *reasons = json_array(), *tables = json_array();

    for (int reason = 0; reason < DEVIATION_REASONS; reason++) {
        if (deviation->reasons[reason])
            json_array_append_new(reasons,
                                  json_string(deviation_name((enum deviation_reason)reason)));
    }
    for (size_t i = 0; i < deviation->listed; i++) {
        const struct deviation_table *table = &deviation->tables[i];
        json_t *object = json_object();

        set_known(object, "table-offset", table->offset);
        set_known(object, "l1-index", table->l1_index);
        set_known(object, "fragmented-clusters", table->original_fragmented);
        set_known(object, "copy-fragmented-clusters", table->copy_fragmented);
        json_array_append_new(tables, object);
    }
    return json_pack("{s:o, s:o, s:o}", "reasons", reasons, "tables", tables, "table-count",
                     json_number(deviation->table_count));
}

static json_t *copy(const struct record_copy *copy)
{
    json_t *object = json_pack(
        "{s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "identical", copy->identical,
        "figures", figures(&copy->figures), "qemu-img", qemu(&copy->qemu), "data-bytes",
        json_number(copy->data_bytes), "words-kept", json_number(copy->words.kept),
        "words-rewritten", json_number(copy->words.rewritten), "words-stand-in",
        json_number(copy->words.stand_ins), "suspect-tables", suspects(copy), "moved-tables",
        json_number(copy->moved_tables), "backing-name-kept", copy->backing_name_kept, "faithful",
        copy->faithful);

    if (!copy->identical)
        json_object_set_new(object, "difference", deviation(&copy->deviation));
    return object;
}

static int set_environment(json_t *object, const struct environment *environment)
{
    json_t *facts = json_object();
    int failed = 0;

    for (int i = 0; i < ENVIRONMENT_FACTS; i++) {
        const char *fact =
            *environment_fact((struct environment *)environment, &environment_rows[i]);

        if (fact)
            failed |= json_object_set_new(facts, environment_rows[i].key, json_string(fact));
    }
    if (json_object_size(facts))
        failed |= json_object_set(object, "environment", facts);
    json_decref(facts);
    return failed;
}

static int set_parts(json_t *object, const struct record *record)
{
    int failed = json_set_name(object, "filename", record->filename);

    failed |= json_object_set_new(object, "format", json_string("qed"));
    failed |= json_object_set_new(object, "verdict", json_string(verdict_name(record->verdict)));
    failed |= set_fields(object, record);
    if (record->backing_name)
        failed |= json_set_name(object, "backing-filename", record->backing_name);
    failed |= json_object_set_new(object, "header", header(record));
    failed |= json_object_set_new(object, "qemu-img", qemu(&record->qemu));
    if (record->has_figures)
        failed |= json_object_set_new(object, "run-histogram", histogram(record));
    if (record->sketch.guest[0])
        failed |= json_object_set_new(object, "guest-map", json_string(record->sketch.guest));
    if (record->sketch.file[0])
        failed |= json_object_set_new(object, "file-map", json_string(record->sketch.file));
    failed |= json_object_set_new(object, "findings", findings(record));
    if (record->copy.present)
        failed |= json_object_set_new(object, "copy", copy(&record->copy));
    failed |= set_environment(object, &record->environment);
    return failed;
}

json_t *json_record(const struct record *record, struct failure *why)
{
    json_t *object = json_pack("{s:s}", "schema", RECORD_SCHEMA);

    if (set_parts(object, record)) {
        failure_set_errno(why, ENOMEM, "cannot render JSON");
        json_decref(object);
        return NULL;
    }
    return object;
}

char *render_json(const struct record *record, struct failure *why)
{
    json_t *object = json_record(record, why);
    char *text = object ? json_text(object, JSON_INDENT(4), why) : NULL;
    char *line = NULL;

    if (text && asprintf(&line, "%s\n", text) < 0) {
        failure_set_errno(why, ENOMEM, "cannot render JSON");
        line = NULL;
    }
    free(text);
    json_decref(object);
    return line;
}
