/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/record_bytes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/*
 * The members of a record pass by in one order whether they are measured, written or read, so that
 * they are told once. Each number takes a word of 8 bytes.
 */
struct passage {
    unsigned char *to;         /* where they are written, or NULL */
    const unsigned char *from; /* where they are read, or NULL */
    size_t at, size;           /* size: of what is read */
    const char *wrong;         /* what cannot be read, NULL: nothing so far */
};

#define WORD sizeof(uint64_t)

static size_t left(const struct passage *passage)
{
    return passage->size - passage->at;
}

static bool refuse(struct passage *passage, const char *wrong)
{
    if (!passage->wrong)
        passage->wrong = wrong;
    return false;
}

/* Whether size bytes more can pass. Nothing does behind what is wrong. */
static bool can_pass(struct passage *passage, size_t size)
{
    if (passage->from && size > left(passage))
        refuse(passage, "it is cut short");
    return !passage->wrong;
}

/* A number up to most: returns what was read, or else what was given. */
static uint64_t pass(struct passage *passage, uint64_t value, uint64_t most)
{
    if (!can_pass(passage, WORD))
        return 0;
    if (passage->to)
        bytes_store64(passage->to + passage->at, value);
    if (passage->from)
        value = bytes_load64(passage->from + passage->at);
    passage->at += WORD;
    return value <= most || refuse(passage, "a number is out of range") ? value : 0;
}

static void pass_number(struct passage *passage, uint64_t *value)
{
    *value = pass(passage, *value, UINT64_MAX);
}

static bool pass_bool(struct passage *passage, bool value)
{
    return pass(passage, value, true);
}

static uint32_t pass_32(struct passage *passage, uint32_t value, uint32_t most)
{
    return (uint32_t)pass(passage, value, most);
}

static void pass_real(struct passage *passage, double *value)
{
    uint64_t word;

    memcpy(&word, value, sizeof(word));
    pass_number(passage, &word);
    memcpy(value, &word, sizeof(word));
    if (!isfinite(*value) || *value < 0) {
        refuse(passage, "a number is out of range");
        *value = 0;
    }
}

static void pass_characters(struct passage *passage, char *text, size_t length)
{
    if (!can_pass(passage, length))
        return;
    if (passage->to)
        memcpy(passage->to + passage->at, text, length);
    if (passage->from)
        memcpy(text, passage->from + passage->at, length);
    passage->at += length;
}

/* A text of up to most characters, which has room for them, and is of the kind that is() knows. */
static void pass_text(struct passage *passage, char *text, size_t most, bool (*is)(const char *))
{
    size_t length = (size_t)pass(passage, strlen(text), most);

    pass_characters(passage, text, length);
    text[length] = '\0';
    if (strlen(text) != length || !is(text)) {
        refuse(passage, "a text is none");
        text[0] = '\0';
    }
}

/* Any bytes, or NULL. */
static void pass_name(struct passage *passage, char **name)
{
    size_t length;

    if (!pass_bool(passage, *name != NULL))
        return;
    length = (size_t)pass(passage, *name ? strlen(*name) : 0, UINT32_MAX);
    if (!can_pass(passage, length))
        return;
    if (passage->from)
        *name = calloc(1, length + 1);
    if (!*name) {
        refuse(passage, "out of memory");
        return;
    }
    pass_characters(passage, *name, length);
    if (strlen(*name) != length)
        refuse(passage, "a text is none");
}

static void pass_field(struct passage *passage, struct record *record,
                       const struct record_field *field)
{
    void *at = (char *)record + field->at;

    switch (field->type) {
    case FIELD_BOOL:
        *(bool *)at = pass_bool(passage, *(bool *)at);
        break;
    case FIELD_REAL:
        pass_real(passage, at);
        break;
    case FIELD_COUNT:
    case FIELD_BYTES:
        pass_number(passage, at);
    }
}

static void pass_header(struct passage *passage, struct record *record)
{
    const uint32_t all = 64; /* bits */

    record->magic_ok = pass_bool(passage, record->magic_ok);
    record->features = pass_32(passage, record->features, QED_FEATURES_KNOWN);
    record->unknown_feature_bits = pass_32(passage, record->unknown_feature_bits, all);
    record->compat_bits = pass_32(passage, record->compat_bits, all);
    record->autoclear_bits = pass_32(passage, record->autoclear_bits, all);
    pass_number(passage, &record->l1_table_offset);
    record->has_backing_file = pass_bool(passage, record->has_backing_file);
}

static bool is_plain(const char *text)
{
    while (*text >= ' ' && *text <= '~')
        text++;
    return !*text;
}

static void pass_qemu(struct passage *passage, struct qemu_check *check)
{
    check->opens = pass_bool(passage, check->opens);
    check->fails = pass_bool(passage, check->fails);
    check->exit_status = (int)pass(passage, (uint64_t)check->exit_status, 255);
    pass_text(passage, check->error, sizeof(check->error) - 1, is_plain);
    check->corruptions = (int32_t)pass_32(passage, (uint32_t)check->corruptions, UINT32_MAX);
    check->leaks = (int32_t)pass_32(passage, (uint32_t)check->leaks, UINT32_MAX);
    pass_number(passage, &check->total_clusters);
    pass_number(passage, &check->allocated_clusters);
    pass_number(passage, &check->fragmented_clusters);
}

static void pass_claimant(struct passage *passage, struct claimant *claimant)
{
    claimant->role = (enum claimant_role)pass(passage, claimant->role, CLAIMANT_ROLES - 1);
    pass_number(passage, &claimant->l1_index);
    pass_number(passage, &claimant->l2_index);
}

static void pass_finding(struct passage *passage, struct record_finding *to)
{
    struct finding *finding = &to->finding;

    finding->kind = (enum finding_kind)pass(passage, finding->kind, FINDING_KINDS - 1);
    finding->reason = (enum element_reason)pass(passage, finding->reason, ELEMENT_REASONS - 1);
    pass_number(passage, &finding->count);
    pass_number(passage, &finding->table_offset);
    pass_number(passage, &finding->l1_index);
    pass_number(passage, &finding->l2_index);
    pass_number(passage, &finding->offset);
    pass_number(passage, &finding->value);
    pass_number(passage, &finding->guest_pos);
    pass_number(passage, &finding->guest_size);
    pass_claimant(passage, &finding->other);
    to->has_value = pass_bool(passage, to->has_value);
    to->redacted = pass_bool(passage, to->redacted);
    to->suspect = pass_bool(passage, to->suspect);
}

/* Reports take findings kind by kind. */
static void pass_findings(struct passage *passage, struct record *record)
{
    enum finding_kind last = 0;
    size_t most = passage->from ? left(passage) / WORD : SIZE_MAX;
    size_t count = (size_t)pass(passage, record->finding_count, most);

    if (passage->from) {
        record->findings = calloc(count + 1, sizeof(*record->findings));
        record->finding_count = record->findings ? count : 0;
        if (!record->findings)
            refuse(passage, "out of memory");
    }
    for (size_t i = 0; i < record->finding_count && !passage->wrong; i++) {
        pass_finding(passage, &record->findings[i]);
        if (record->findings[i].finding.kind < last)
            refuse(passage, "findings are in disorder");
        last = record->findings[i].finding.kind;
    }
}

static void pass_record(struct passage *passage, struct record *record)
{
    pass_name(passage, &record->filename);
    pass_name(passage, &record->backing_name);
    record->verdict = (enum verdict)pass(passage, record->verdict, VERDICTS - 1);
    record->has_figures = pass_bool(passage, record->has_figures);
    for (const struct record_field *field = record_fields; field->key; field++)
        pass_field(passage, record, field);
    for (unsigned power = 0; power < RECORD_POWERS; power++)
        pass_number(passage, &record->run_histogram[power]);
    pass_header(passage, record);
    pass_qemu(passage, &record->qemu);
    for (unsigned kind = 0; kind < FINDING_KINDS; kind++)
        pass_number(passage, &record->kinds[kind]);
    pass_findings(passage, record);
    pass_text(passage, record->sketch.guest, SKETCH_CELLS, sketch_is_guest);
    pass_text(passage, record->sketch.file, SKETCH_CELLS, sketch_is_file);
}

unsigned char *record_to_bytes(const struct record *record, size_t *size, struct failure *why)
{
    struct passage measured = {0}, written = {0};
    struct record passing = *record; /* what is written is stored again where it was */

    pass_record(&measured, &passing);
    written.to = measured.wrong ? NULL : malloc(measured.at);
    if (measured.wrong)
        failure_set(why, "cannot keep a record: %s", measured.wrong);
    else if (!written.to)
        failure_set_errno(why, ENOMEM, "cannot keep a record");
    if (!written.to)
        return NULL;
    pass_record(&written, &passing);
    *size = written.at;
    return written.to;
}

int record_from_bytes(struct record *record, const unsigned char *bytes, size_t size,
                      struct failure *why)
{
    struct passage passage = {.from = bytes, .size = size};

    *record = (struct record){0};
    pass_record(&passage, record);
    if (!passage.wrong && left(&passage) > 0)
        refuse(&passage, "it goes on behind its end");
    return passage.wrong ? failure_set(why, "no record but nonsense came: %s", passage.wrong) : 0;
}
