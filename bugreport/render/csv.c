/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/render/escape.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/words.h"

static void print_headings(FILE *out)
{
    fputs("filename,status,verdict,fails,causes,known", out);
    for (const struct record_field *field = record_fields; field->key; field++)
        fprintf(out, ",%s", field->key);
    fputs(",hard-link-of,backing-filename,backing,chain-depth,overlays,message,seconds\r\n", out);
}

static void print_field(FILE *out, const struct record *record, const struct record_field *field)
{
    const void *at = (const char *)record + field->at;

    switch (field->type) {
    case FIELD_BOOL:
        fputs(*(const bool *)at ? "true" : "false", out);
        break;
    case FIELD_REAL:
        fprintf(out, "%.15g", *(const double *)at);
        break;
    case FIELD_COUNT:
    case FIELD_BYTES:
        if (*(const uint64_t *)at != RECORD_UNKNOWN)
            fprintf(out, "%" PRIu64, *(const uint64_t *)at);
    }
}

static void print_figures(FILE *out, const struct fleet_entry *entry)
{
    for (const struct record_field *field = record_fields; field->key; field++) {
        putc(',', out);
        if (entry->status == ENTRY_OK && record_has_field(&entry->record, field))
            print_field(out, &entry->record, field);
    }
}

/* A field of text, empty where there is none. */
static void print_text(FILE *out, const char *text)
{
    putc(',', out);
    if (text)
        escape_csv(out, text);
}

static void print_relations(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    const struct fleet_entry *first = &fleet->entries[entry->first_link];
    bool has_backing = entry->chain.state != BACKING_NONE;

    print_text(out, first != entry ? first->record.filename : NULL);
    print_text(out, entry->record.backing_name);
    fprintf(out, ",%s,", has_backing ? backing_state_name(entry->chain.state) : "");
    if (has_backing)
        fprintf(out, "%zu", entry->chain.depth);
    fprintf(out, ",%zu", entry->chain.overlays);
}

static void print_row(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    bool examined = entry->status == ENTRY_OK;

    escape_csv(out, entry->record.filename);
    fprintf(out, ",%s,%s,%s,", entry_status_name(entry->status),
            examined ? verdict_name(entry->record.verdict) : "",
            policy_failing(&fleet->policy, entry) ? "true" : "false");
    words_causes(out, entry->causes, " ");
    putc(',', out);
    words_causes(out, fleet->policy.has_baseline ? entry->known : 0, " ");
    print_figures(out, entry);
    print_relations(out, fleet, entry);
    print_text(out, entry->message);
    putc(',', out);
    if (entry->has_seconds)
        fprintf(out, "%.6f", entry->seconds);
    fputs("\r\n", out);
}

int render_csv(FILE *out, const struct fleet *fleet, const struct render_options *options,
               struct failure *why)
{
    (void)options;
    (void)why;
    print_headings(out);
    for (size_t i = 0; i < fleet->count; i++)
        print_row(out, fleet, &fleet->entries[i]);
    return 0;
}
