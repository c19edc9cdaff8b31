/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/render/maps.h"

#define LABEL_WIDTH  28
#define MAX_SUSPECTS 16 /* listed */

const char *text_short_size(char buffer[TEXT_SIZE_SIZE], uint64_t bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes;
    unsigned unit = 0;

    while (value >= 1000 && unit < 6) {
        value /= 1024;
        unit++;
    }
    snprintf(buffer, TEXT_SIZE_SIZE, "%.3g %s", value, units[unit]);
    return buffer;
}

const char *text_size(char buffer[TEXT_SIZE_SIZE], uint64_t bytes)
{
    size_t used = strlen(text_short_size(buffer, bytes));

    snprintf(buffer + used, TEXT_SIZE_SIZE - used, " (%" PRIu64 " bytes)", bytes);
    return buffer;
}

static void print_label(FILE *out, const char *label)
{
    fprintf(out, "  %-*s ", LABEL_WIDTH, label);
}

const char *text_field(char buffer[TEXT_SIZE_SIZE], const struct record *record,
                       const struct record_field *field)
{
    const void *at = (const char *)record + field->at;

    if (field->type == FIELD_REAL)
        snprintf(buffer, TEXT_SIZE_SIZE, "%.2f", *(const double *)at);
    else if (field->type == FIELD_BOOL)
        snprintf(buffer, TEXT_SIZE_SIZE, "%s", *(const bool *)at ? "yes" : "no");
    else if (*(const uint64_t *)at == RECORD_UNKNOWN)
        snprintf(buffer, TEXT_SIZE_SIZE, "%s",
                 field->needs_walk ? "unknown" : "(not shown: fails its check)");
    else if (field->type == FIELD_COUNT)
        snprintf(buffer, TEXT_SIZE_SIZE, "%" PRIu64, *(const uint64_t *)at);
    else
        text_size(buffer, *(const uint64_t *)at);
    return buffer;
}

static void print_field(FILE *out, const struct record *record, const struct record_field *field)
{
    char value[TEXT_SIZE_SIZE];

    print_label(out, field->label);
    fprintf(out, "%s\n", text_field(value, record, field));
}

static void print_heading(FILE *out, const struct text_style *style, const char *heading)
{
    fprintf(out, "\n%s%s%s\n", style_tone(style, TONE_HEADING), heading,
            style_tone(style, TONE_END));
}

static void print_figures(FILE *out, const struct record *record, const struct text_style *style)
{
    print_heading(out, style, "Figures");
    for (const struct record_field *field = record_fields; field->key; field++) {
        if (record_has_field(record, field))
            print_field(out, record, field);
    }
    if (record->has_backing_file) {
        print_label(out, "backing file");
        fprintf(out, "%s\n", record->backing_name ? QUOTE(record->backing_name) : "yes, not named");
    }
}

static void print_histogram(FILE *out, const struct record *record, const struct text_style *style)
{
    if (!record->has_figures || record->runs == 0)
        return;
    print_heading(out, style, "Run lengths: how many clusters lie one behind the other");
    for (unsigned power = 0; power < RECORD_POWERS; power++) {
        uint64_t count = record->run_histogram[power];
        uint64_t first = UINT64_C(1) << power;

        if (count)
            fprintf(out, "  %10" PRIu64 " to %-10" PRIu64 " clusters: %" PRIu64 " (%.1f %%)\n",
                    first, first * 2 - 1, count, (double)count * 100 / (double)record->runs);
    }
}

static void print_qemu(FILE *out, const char *of, const struct qemu_check *check)
{
    fprintf(out, "  qemu-img check of %s: ", of);
    if (check->fails)
        fprintf(out, "%s, exit %d\n", check->error, check->exit_status);
    else if (check->opens)
        fprintf(out,
                "%" PRId32 " corruptions, %" PRId32 " leaks, %" PRIu64 " allocated, %" PRIu64
                " fragmented, exit %d\n",
                check->corruptions, check->leaks, check->allocated_clusters,
                check->fragmented_clusters, check->exit_status);
    else
        fprintf(out, "does not open it (%s), exit 1\n", check->error);
}

enum text_tone text_tone_of(const struct record *record)
{
    if (record->verdict == VERDICT_CONSISTENT)
        return TONE_GOOD;
    return record->verdict == VERDICT_CORRUPT ? TONE_BAD : TONE_WARN;
}

static void print_verdict(FILE *out, const struct record *record, const struct text_style *style)
{
    fprintf(out, "\nVerdict: %s%s%s%s%s\n", style_tone(style, text_tone_of(record)),
            verdict_name(record->verdict), style_tone(style, TONE_END),
            record->dirty_flag ? ", marked dirty (need-check)" : "",
            record->in_use ? ", read while in use" : "");
    if (record->has_figures && record->leaks == RECORD_UNKNOWN)
        fprintf(out,
                "  true figures: at least %" PRIu64 " corruptions; leaks unknown, since %" PRIu64
                " elements of tables\n  cannot be read\n",
                record->corruptions, record->check_errors);
    else if (record->has_figures)
        fprintf(out, "  true figures: %" PRIu64 " corruptions, %" PRIu64 " leaks\n",
                record->corruptions, record->leaks);
    else
        fprintf(out, "  the tables could not be walked\n");
    print_qemu(out, "the image", &record->qemu);
    if (record->qemu.opens && record->kinds[FINDING_QEMU_COUNTS])
        fprintf(out, "  The two differ: %s.\n", finding_row(FINDING_QEMU_COUNTS)->cause);
}

static void print_element(FILE *out, uint64_t l1_index, uint64_t l2_index)
{
    if (l1_index != FINDING_NOWHERE)
        fprintf(out, ", L1 index %" PRIu64, l1_index);
    if (l2_index != FINDING_NOWHERE)
        fprintf(out, ", L2 index %" PRIu64, l2_index);
}

static void print_place(FILE *out, const struct record_finding *record_finding)
{
    const struct finding *finding = &record_finding->finding;

    fprintf(out, "      %" PRIu64 "x", finding->count);
    if (finding->table_offset != FINDING_NOWHERE)
        fprintf(out, " in the table at 0x%" PRIx64, finding->table_offset);
    print_element(out, finding->l1_index, finding->l2_index);
    if (finding->offset != FINDING_NOWHERE)
        fprintf(out, ", cluster at 0x%" PRIx64, finding->offset);
    if (finding->reason)
        fprintf(out, ", %s", reason_name(finding->reason));
    if (record_finding->has_value)
        fprintf(out, ", value 0x%" PRIx64, finding->value);
    if (record_finding->redacted)
        fprintf(out, ", value redacted");
    if (record_finding->suspect)
        fprintf(out, ", in a suspect block: its place is not told");
    if (finding->guest_size)
        fprintf(out, ", guest 0x%" PRIx64 "+0x%" PRIx64, finding->guest_pos, finding->guest_size);
    if (finding->other.role) {
        fprintf(out, "; claimed before by %s", claimant_name(finding->other.role));
        print_element(out, finding->other.l1_index, finding->other.l2_index);
    }
    fprintf(out, "\n");
}

/* Prints the findings of one kind; *next is the first of them in the record's list. */
static void print_kind(FILE *out, const struct record *record, int kind, size_t *next)
{
    const struct finding_row *row = finding_row((enum finding_kind)kind);
    uint64_t rest = record->kinds[kind];

    if (rest == 0)
        return;
    fprintf(out, "  [%s] %s: %s\n      count %" PRIu64 "; %s\n", severity_name(row->severity),
            row->name, row->text, rest, row->cause);
    for (; *next < record->finding_count && (int)record->findings[*next].finding.kind == kind;
         (*next)++) {
        const struct finding *finding = &record->findings[*next].finding;

        if (finding->table_offset != FINDING_NOWHERE || finding->offset != FINDING_NOWHERE ||
            record->findings[*next].suspect)
            print_place(out, &record->findings[*next]);
        rest -= finding->count;
    }
    if (rest)
        fprintf(out, "      and %" PRIu64 " more\n", rest);
}

static void print_findings(FILE *out, const struct record *record, const struct text_style *style)
{
    size_t next = 0;
    bool any = false;

    print_heading(out, style, "Findings");
    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        any |= record->kinds[kind] > 0;
        print_kind(out, record, kind, &next);
    }
    if (!any)
        fprintf(out, "  none\n");
}

static void print_suspect(FILE *out, const struct record_suspect *suspect)
{
    static const char *const reasons[] = {
        "a part of it does not look like a table",
        "the L1 table does not look like one",
        "elsewhere its clusters are referred to as data",
        "it does not look like a table",
    };

    fprintf(out, "  suspect: the %s table at 0x%" PRIx64,
            suspect->table.level == TABLE_L1 ? "L1" : "L2", suspect->table.offset);
    if (suspect->table.level == TABLE_L2)
        fprintf(out, " (L1 index %" PRIu64 ")", suspect->table.l1_index);
    fprintf(out, ", %" PRIu32 " block%s of 4 KiB: %s\n", suspect->belief.suspect_blocks,
            suspect->belief.suspect_blocks == 1 ? "" : "s", reasons[suspect->belief.reason]);
}

/* Tables that are not believed come first: a reader must not take stand-ins for evidence. */
static void print_suspects(FILE *out, const struct record_copy *copy)
{
    size_t listed = copy->suspect_count < MAX_SUSPECTS ? copy->suspect_count : MAX_SUSPECTS;

    for (size_t i = 0; i < listed; i++)
        print_suspect(out, &copy->suspects[i]);
    if (copy->suspect_count > listed)
        fprintf(out, "  and %zu more suspect tables\n", copy->suspect_count - listed);
    if (copy->moved_tables)
        fprintf(out,
                "  suspect: %" PRIu64 " tables that suspect words of the L1 table point at; what "
                "stands in for them\n  stands elsewhere in the copy\n",
                copy->moved_tables);
    if (copy->suspect_count || copy->moved_tables)
        fprintf(out, "  what is in the copy in their place are stand-ins with the same counts: no "
                     "evidence\n");
    if (copy->faithful)
        fprintf(out, "  --faithful: what looks like an offset was kept in suspect tables too and "
                     "can be the\n  guest's\n");
}

static void print_figure(FILE *out, const char *name, uint64_t original, uint64_t copy)
{
    if (original != copy)
        fprintf(out, "    %s: %" PRIu64 " in the original, %" PRIu64 " in the copy\n", name,
                original, copy);
}

static void print_differing_table(FILE *out, const struct deviation_table *table)
{
    if (table->offset == FINDING_NOWHERE)
        fprintf(out, "    the tables that suspect words of the L1 table point at");
    else
        fprintf(out, "    the L2 table at 0x%" PRIx64 " (L1 index %" PRIu64 ")", table->offset,
                table->l1_index);
    fprintf(out, ": %" PRIu64 " fragmented clusters, in the copy %" PRIu64 "\n",
            table->original_fragmented, table->copy_fragmented);
}

/* What of qemu-img's figures differs, and why. */
static void print_deviation(FILE *out, const struct record *record)
{
    const struct deviation *deviation = &record->copy.deviation;
    const struct qemu_check *original = &record->qemu, *copy = &record->copy.qemu;

    fprintf(out, "  verdict of original and copy: they differ\n");
    if (original->opens && copy->opens) {
        print_figure(out, "corruptions", (uint32_t)original->corruptions,
                     (uint32_t)copy->corruptions);
        print_figure(out, "leaks", (uint32_t)original->leaks, (uint32_t)copy->leaks);
        print_figure(out, "allocated clusters", original->allocated_clusters,
                     copy->allocated_clusters);
        print_figure(out, "fragmented clusters", original->fragmented_clusters,
                     copy->fragmented_clusters);
    }
    for (int reason = 0; reason < DEVIATION_REASONS; reason++) {
        if (deviation->reasons[reason])
            fprintf(out, "    because %s\n", deviation_text((enum deviation_reason)reason));
    }
    for (size_t i = 0; i < deviation->listed; i++)
        print_differing_table(out, &deviation->tables[i]);
    if (deviation->table_count > deviation->listed)
        fprintf(out, "    and %" PRIu64 " more tables\n",
                deviation->table_count - deviation->listed);
}

static void print_copy(FILE *out, const struct record *record, const struct text_style *style)
{
    const struct record_copy *copy = &record->copy;
    char size[TEXT_SIZE_SIZE];

    print_heading(out, style, "The metadata image (image.qed)");
    print_suspects(out, copy);
    fprintf(out, "  holds the header's fields and %s of tables; all else is a hole\n",
            text_size(size, copy->data_bytes));
    fprintf(out,
            "  table words kept: %" PRIu64 ", replaced by the marker REDACTED: %" PRIu64
            ", stand-ins: %" PRIu64 "\n",
            copy->words.kept, copy->words.rewritten, copy->words.stand_ins);
    if (record->has_backing_file)
        fprintf(out, "  the backing file name %s\n",
                copy->backing_name_kept
                    ? "was kept, as asked for"
                    : "was removed, and with it the reference to the backing file");
    print_qemu(out, "image.qed", &copy->qemu);
    if (copy->identical)
        fprintf(out, "  verdict of original and copy: identical\n");
    else
        print_deviation(out, record);
}

char *render_text_styled(const struct record *record, const struct text_style *style,
                         struct failure *why)
{
    char line[QEMU_SUMMARY_SIZE];
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        failure_set_errno(why, errno, "cannot render text");
        return NULL;
    }
    qemu_summary(&record->qemu, line);
    fprintf(out, "%s\n\nimage: %s\nfile format: qed\n", line, QUOTE(record->filename));
    print_verdict(out, record, style);
    print_figures(out, record, style);
    print_histogram(out, record, style);
    if (style->maps && record->atlas)
        render_maps(out, record->atlas, style);
    print_findings(out, record, style);
    if (record->copy.present)
        print_copy(out, record, style);
    if (fclose(out)) {
        failure_set_errno(why, ENOMEM, "cannot render text");
        free(text);
        return NULL;
    }
    return text;
}

char *render_text(const struct record *record, struct failure *why)
{
    static const struct text_style plain = {.colour = false};

    return render_text_styled(record, &plain, why);
}
