/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/record_from_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/json_take.h"
#include "bugreport/render/json.h"

static const char *verdict_word(unsigned i)
{
    return verdict_name((enum verdict)i);
}

static const char *reason_word(unsigned i)
{
    return reason_name((enum element_reason)i);
}

static const char *claimant_word(unsigned i)
{
    return claimant_name((enum claimant_role)i);
}

static const char *belief_word(unsigned i)
{
    return belief_reason_name((enum belief_reason)i);
}

/* Where something is wrong inside an object or a list, its name is put before the member's. */
static void name_place(const char *name, bool failed_before, struct failure *why)
{
    if (why->text[0] && !failed_before)
        failure_prefix(why, name);
}

static void take_field(struct record *record, const json_t *object,
                       const struct record_field *field, struct failure *why)
{
    void *at = (char *)record + field->at;

    switch (field->type) {
    case FIELD_BOOL:
        *(bool *)at = take_bool(object, field->key, why);
        break;
    case FIELD_REAL:
        *(double *)at = take_real(object, field->key, why);
        break;
    case FIELD_COUNT:
    case FIELD_BYTES:
        *(uint64_t *)at = json_is_null(json_object_get(object, field->key)) && !field->of_host
                              ? RECORD_UNKNOWN
                              : take_number(object, field->key, why);
    }
}

static void take_fields(struct record *record, const json_t *object, struct failure *why)
{
    for (const struct record_field *field = record_fields; field->key; field++) {
        if (field->of_host && !json_has(object, field->key))
            *(uint64_t *)(void *)((char *)record + field->at) = RECORD_UNKNOWN;
        else if (record->has_figures || !field->needs_walk)
            take_field(record, object, field, why);
    }
}

/* The number at an index of a list, by the rules for members. */
static uint64_t number_at(const json_t *list, size_t index, const char *name, struct failure *why)
{
    json_t *item = json_pack("{s:O}", name, json_array_get(list, index));
    uint64_t value = take_number(item, name, why);

    json_decref(item);
    return value;
}

static void take_histogram(struct record *record, const json_t *object, struct failure *why)
{
    const json_t *list = take_list(object, "run-histogram", why);
    size_t count = json_array_size(list);

    if (count > RECORD_POWERS)
        failure_set(why, "run-histogram: has more than %d items", RECORD_POWERS);
    for (size_t i = 0; i < count && i < RECORD_POWERS; i++)
        record->run_histogram[i] = number_at(list, i, "run-histogram", why);
}

static uint32_t take_features(const json_t *header, struct failure *why)
{
    const json_t *list = take_list(header, "features", why);
    uint32_t features = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        unsigned bit = 0;

        while (bit < JSON_FEATURES && (!word || strcmp(word, json_feature_name(bit)) != 0))
            bit++;
        if (bit == JSON_FEATURES)
            failure_set(why, "features: no such feature");
        else
            features |= 1u << bit;
    }
    return features;
}

static void take_header(struct record *record, const json_t *object, struct failure *why)
{
    const json_t *header = take_object(object, "header", why);
    bool failed = why->text[0];

    if (!header)
        return;
    record->magic_ok = take_bool(header, "magic", why);
    record->features = take_features(header, why);
    record->unknown_feature_bits =
        (uint32_t)take_integer(header, "unknown-feature-bits", 0, 64, why);
    record->compat_bits = (uint32_t)take_integer(header, "compat-feature-bits", 0, 64, why);
    record->autoclear_bits = (uint32_t)take_integer(header, "autoclear-feature-bits", 0, 64, why);
    record->l1_table_offset = take_number_or(header, "l1-table-offset", RECORD_UNKNOWN, why);
    record->has_backing_file = take_bool(header, "backing-file", why);
    name_place("header", failed, why);
}

static void take_qemu_figures(struct qemu_check *check, const json_t *qemu, struct failure *why)
{
    check->corruptions = (int32_t)take_integer(qemu, "corruptions", INT32_MIN, INT32_MAX, why);
    check->leaks = (int32_t)take_integer(qemu, "leaks", INT32_MIN, INT32_MAX, why);
    check->total_clusters = take_number(qemu, "total-clusters", why);
    check->allocated_clusters = take_number(qemu, "allocated-clusters", why);
    check->fragmented_clusters = take_number(qemu, "fragmented-clusters", why);
}

static void take_qemu(struct qemu_check *check, const json_t *object, struct failure *why)
{
    const json_t *qemu = take_object(object, "qemu-img", why);
    bool failed = why->text[0];
    const char *error;

    if (!qemu)
        return;
    check->opens = take_bool(qemu, "opens", why);
    check->exit_status = (int)take_integer(qemu, "exit-status", 0, 255, why);
    check->fails = check->opens && check->exit_status == 1;
    if (qemu_counts(check)) {
        take_qemu_figures(check, qemu, why);
    } else {
        error = take_string(qemu, "error", why);
        if (error && strlen(error) < sizeof(check->error))
            memcpy(check->error, error, strlen(error) + 1);
        else
            failure_set(why, "error: is too long");
    }
    name_place("qemu-img", failed, why);
}

static void take_claimant(struct claimant *other, const json_t *place, struct failure *why)
{
    const json_t *claimant = take_object(place, "claimed-by", why);

    other->role =
        (enum claimant_role)take_word(claimant, "role", claimant_word, CLAIMANT_ROLES, why);
    other->l1_index = take_number_or(claimant, "l1-index", FINDING_NOWHERE, why);
    other->l2_index = take_number_or(claimant, "l2-index", FINDING_NOWHERE, why);
}

static void take_value(struct record_finding *to, const json_t *place, struct failure *why)
{
    const char *text = take_string(place, "value", why);

    to->redacted = text && !strcmp(text, "redacted");
    to->has_value = !to->redacted;
    if (to->has_value)
        to->finding.value = take_number(place, "value", why);
}

static void take_place(struct record_finding *to, enum finding_kind kind, const json_t *place,
                       struct failure *why)
{
    struct finding *finding = &to->finding;

    *finding = finding_make(kind);
    finding->count = take_number(place, "count", why);
    finding->table_offset = take_number_or(place, "table-offset", FINDING_NOWHERE, why);
    finding->l1_index = take_number_or(place, "l1-index", FINDING_NOWHERE, why);
    finding->l2_index = take_number_or(place, "l2-index", FINDING_NOWHERE, why);
    finding->offset = take_number_or(place, "offset", FINDING_NOWHERE, why);
    if (json_has(place, "reason"))
        finding->reason =
            (enum element_reason)take_word(place, "reason", reason_word, ELEMENT_REASONS, why);
    if (json_has(place, "value"))
        take_value(to, place, why);
    if (json_has(place, "suspect"))
        to->suspect = take_bool(place, "suspect", why);
    if (json_has(place, "guest-size")) {
        finding->guest_pos = take_number(place, "guest-position", why);
        finding->guest_size = take_number(place, "guest-size", why);
    }
    if (json_has(place, "claimed-by"))
        take_claimant(&finding->other, place, why);
}

static const char *kind_word(unsigned i)
{
    return finding_row((enum finding_kind)i)->name;
}

/* The list of places of each kind that was found; returns how many places there are. */
static size_t sort_kinds(struct record *record, const json_t *findings,
                         const json_t *listed[FINDING_KINDS], struct failure *why)
{
    size_t places = 0;

    for (size_t i = 0; i < json_array_size(findings) && !why->text[0]; i++) {
        const json_t *item = json_array_get(findings, i);
        unsigned kind = take_word(item, "kind", kind_word, FINDING_KINDS, why);

        if (listed[kind])
            failure_set(why, "kind: %s is there twice", kind_word(kind));
        record->kinds[kind] = take_number(item, "count", why);
        listed[kind] = take_list(item, "listed", why);
        places += json_array_size(listed[kind]);
    }
    return places;
}

static void take_findings(struct record *record, const json_t *object, struct failure *why)
{
    const json_t *listed[FINDING_KINDS] = {NULL};
    const json_t *findings = take_list(object, "findings", why);
    bool failed = why->text[0];
    size_t places = sort_kinds(record, findings, listed, why);

    record->findings = calloc(places + 1, sizeof(*record->findings));
    if (!record->findings) {
        failure_set_errno(why, ENOMEM, "cannot read a record");
        return;
    }
    for (unsigned kind = 0; kind < FINDING_KINDS; kind++) {
        for (size_t i = 0; i < json_array_size(listed[kind]); i++)
            take_place(&record->findings[record->finding_count++], (enum finding_kind)kind,
                       json_array_get(listed[kind], i), why);
    }
    name_place("findings", failed, why);
}

static void take_suspect(struct record_suspect *suspect, const json_t *table, struct failure *why)
{
    bool whole = take_bool(table, "whole", why);
    unsigned reason = take_word(table, "reason", belief_word, BELIEF_REASONS, why);

    suspect->table.offset = take_number(table, "table-offset", why);
    suspect->table.l1_index = take_number_or(table, "l1-index", FINDING_NOWHERE, why);
    suspect->table.level = suspect->table.l1_index == FINDING_NOWHERE ? TABLE_L1 : TABLE_L2;
    suspect->belief.reason = whole ? (enum belief_reason)reason : BELIEVED;
    suspect->belief.suspect_blocks =
        (uint32_t)take_integer(table, "suspect-blocks", 0, UINT32_MAX, why);
}

static void take_suspects(struct record_copy *copy, const json_t *object, struct failure *why)
{
    const json_t *list = take_list(object, "suspect-tables", why);
    size_t count = json_array_size(list);

    copy->moved_tables = take_number(object, "moved-tables", why);
    copy->suspects = calloc(count + 1, sizeof(*copy->suspects));
    if (!copy->suspects) {
        failure_set_errno(why, ENOMEM, "cannot read a record");
        return;
    }
    for (; copy->suspect_count < count; copy->suspect_count++)
        take_suspect(&copy->suspects[copy->suspect_count],
                     json_array_get(list, copy->suspect_count), why);
}

static void take_figures(struct audit_figures *figures, const json_t *copy, struct failure *why)
{
    const json_t *from = take_object(copy, "figures", why);
    bool failed = why->text[0];

    figures->verdict = (enum verdict)take_word(from, "verdict", verdict_word, VERDICTS, why);
    figures->corruptions = take_number(from, "corruptions", why);
    figures->leaks = take_number(from, "leaks", why);
    figures->allocated_clusters = take_number(from, "allocated-clusters", why);
    figures->fragmented_clusters = take_number(from, "fragmented-clusters", why);
    figures->zero_clusters = take_number(from, "zero-clusters", why);
    name_place("figures", failed, why);
}

static void take_reasons(bool *reasons, const json_t *from, struct failure *why)
{
    const json_t *list = take_list(from, "reasons", why);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        unsigned reason = 0;

        while (reason < DEVIATION_REASONS &&
               (!word || strcmp(word, deviation_name((enum deviation_reason)reason)) != 0))
            reason++;
        if (reason == DEVIATION_REASONS)
            failure_set(why, "reasons: no such reason");
        else
            reasons[reason] = true;
    }
}

static void take_deviation(struct deviation *deviation, const json_t *copy, struct failure *why)
{
    const json_t *from = take_object(copy, "difference", why);
    const json_t *tables = take_list(from, "tables", why);
    bool failed = why->text[0];

    take_reasons(deviation->reasons, from, why);
    for (size_t i = 0; i < json_array_size(tables) && i < DEVIATION_TABLES; i++) {
        const json_t *table = json_array_get(tables, i);

        deviation->tables[deviation->listed++] = (struct deviation_table){
            .offset = take_number_or(table, "table-offset", FINDING_NOWHERE, why),
            .l1_index = take_number_or(table, "l1-index", FINDING_NOWHERE, why),
            .original_fragmented = take_number(table, "fragmented-clusters", why),
            .copy_fragmented = take_number(table, "copy-fragmented-clusters", why),
        };
    }
    deviation->table_count = take_number(from, "table-count", why);
    name_place("difference", failed, why);
}

static void take_copy(struct record_copy *copy, const json_t *object, struct failure *why)
{
    const json_t *from = take_object(object, "copy", why);
    bool failed = why->text[0];

    if (!from)
        return;
    copy->present = true;
    copy->identical = take_bool(from, "identical", why);
    if (!copy->identical)
        take_deviation(&copy->deviation, from, why);
    take_figures(&copy->figures, from, why);
    take_qemu(&copy->qemu, from, why);
    copy->data_bytes = take_number(from, "data-bytes", why);
    copy->words.kept = take_number(from, "words-kept", why);
    copy->words.rewritten = take_number(from, "words-rewritten", why);
    copy->words.stand_ins = take_number(from, "words-stand-in", why);
    take_suspects(copy, from, why);
    copy->backing_name_kept = take_bool(from, "backing-name-kept", why);
    copy->faithful = take_bool(from, "faithful", why);
    name_place("copy", failed, why);
}

static void take_environment(struct environment *environment, const json_t *object,
                             struct failure *why)
{
    const json_t *facts = take_object(object, "environment", why);

    for (int i = 0; i < ENVIRONMENT_FACTS; i++) {
        const char *key = environment_rows[i].key;
        const char *fact = json_has(facts, key) ? take_string(facts, key, why) : NULL;

        if (fact && !environment_is_plain(fact))
            failure_set(why, "environment: %s: has characters that it must not have", key);
        else if (fact)
            environment_set(environment_fact(environment, &environment_rows[i]), fact, why);
    }
}

static void take_map(char map[SKETCH_CELLS + 1], const json_t *object, const char *key,
                     bool (*is_map)(const char *), struct failure *why)
{
    const char *text = json_has(object, key) ? take_string(object, key, why) : NULL;

    if (text && is_map(text))
        memcpy(map, text, strlen(text) + 1);
    else if (text)
        failure_set(why, "%s: is no map", key);
}

/* The schema's name, which tells that the rest is what it seems. */
static int check_schema(const json_t *object, struct failure *why)
{
    const char *schema = take_string(object, "schema", why);

    if (schema && strcmp(schema, RECORD_SCHEMA) != 0)
        failure_set(why, "schema: is not %s", RECORD_SCHEMA);
    return why->text[0] ? -1 : 0;
}

int record_from_json(struct record *record, const json_t *object, struct failure *why)
{
    *record = (struct record){0};
    if (check_schema(object, why))
        return -1;
    record->filename = take_name(object, "filename", why);
    record->verdict = (enum verdict)take_word(object, "verdict", verdict_word, VERDICTS, why);
    record->has_figures = json_has(object, "run-histogram");
    take_fields(record, object, why);
    if (json_has(object, "backing-filename"))
        record->backing_name = take_name(object, "backing-filename", why);
    take_header(record, object, why);
    take_qemu(&record->qemu, object, why);
    if (record->has_figures)
        take_histogram(record, object, why);
    take_findings(record, object, why);
    if (json_has(object, "copy"))
        take_copy(&record->copy, object, why);
    if (json_has(object, "environment"))
        take_environment(&record->environment, object, why);
    take_map(record->sketch.guest, object, "guest-map", sketch_is_guest, why);
    take_map(record->sketch.file, object, "file-map", sketch_is_file, why);
    return why->text[0] ? -1 : 0;
}
