/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

static void write_name(FILE *out, const void *subject)
{
    html_name(out, ((const struct record *)subject)->filename);
}

static void write_tone(FILE *out, const void *subject)
{
    static const char *const tones[] = {"consistent", "leaks", "corrupt", "other", "other"};

    fputs(tones[((const struct record *)subject)->verdict], out);
}

static void write_mark(FILE *out, const void *subject)
{
    static const char *const marks[] = {"✓", "△", "✗", "?", "?"};

    fputs(marks[((const struct record *)subject)->verdict], out);
}

static void write_verdict(FILE *out, const void *subject)
{
    static const char *const words[] = {"Consistent", "Leaks", "Corrupt", "Unsupported",
                                        "Unreadable"};

    fputs(words[((const struct record *)subject)->verdict], out);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void write_sentence(FILE *out, const void *subject)
{
    const struct record *record = subject;

    if (record->verdict == VERDICT_UNSUPPORTED)
        fprintf(out, "The image uses feature bits that no specification explains. Nothing about "
                     "it can be told for sure.");
    else if (!record->has_figures)
        fprintf(out, "The header breaks the rules of the format, so that the tables could not be "
                     "read.");
    else if (record->verdict == VERDICT_CONSISTENT)
        fprintf(out, "Every reference in the metadata is valid and no cluster is lost.");
    else if (record->verdict == VERDICT_LEAKS)
        fprintf(out,
                "Nothing refers to %s cluster%s of the file (%s): space is lost, data are not.",
                HTML_COUNT(record->leaks), plural(record->leaks), HTML_SIZE(record->leaked_bytes));
    else if (record->verdict == VERDICT_UNREADABLE)
        fprintf(out,
                "%s element%s of tables cannot be read, so that nobody knows what is lost; "
                "nothing is wrong with the others.",
                HTML_COUNT(record->check_errors), plural(record->check_errors));
    else if (record->corruptions == 0)
        fprintf(out, "The header breaks the rules of the format.");
    else if (record->check_errors)
        fprintf(out,
                "%s reference%s in the metadata lead%s nowhere or to what is in use already; "
                "%s element%s cannot be read besides.",
                HTML_COUNT(record->corruptions), plural(record->corruptions),
                record->corruptions == 1 ? "s" : "", HTML_COUNT(record->check_errors),
                plural(record->check_errors));
    else
        fprintf(out,
                "%s reference%s in the metadata lead%s nowhere or to what is in use already; "
                "%s leaked cluster%s besides.",
                HTML_COUNT(record->corruptions), plural(record->corruptions),
                record->corruptions == 1 ? "s" : "", HTML_COUNT(record->leaks),
                plural(record->leaks));
}

static void write_flags(FILE *out, const void *subject)
{
    const struct record *record = subject;

    if (record->dirty_flag)
        fprintf(out, "<span class=\"flag\">marked dirty: not closed cleanly, or in use</span>\n");
    if (record->in_use)
        fprintf(out, "<span class=\"flag\">in use while it was read</span>\n");
}

static void write_qemu(FILE *out, const void *subject)
{
    char line[QEMU_SUMMARY_SIZE];

    qemu_summary(&((const struct record *)subject)->qemu, line);
    html_text(out, line);
}

static void write_differs(FILE *out, const void *subject)
{
    const struct record *record = subject;

    if (!record->qemu.opens || record->kinds[FINDING_QEMU_COUNTS] == 0)
        return;
    fprintf(out,
            "<p>Its count of %" PRId32 " corruptions and %" PRId32 " leaks is not the true one: ",
            record->qemu.corruptions, record->qemu.leaks);
    html_text(out, finding_row(FINDING_QEMU_COUNTS)->cause);
    fprintf(out, ".</p>\n");
}

static void write_tile(FILE *out, const char *label, const char *value)
{
    fprintf(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", label, value);
}

static void write_tiles(FILE *out, const void *subject)
{
    const struct record *record = subject;
    char percent[32];

    if (record->virtual_size != RECORD_UNKNOWN)
        write_tile(out, "guest's disk", HTML_SIZE(record->virtual_size));
    write_tile(out, "file length", HTML_SIZE(record->file_size));
    if (!record->has_figures)
        return;
    snprintf(percent, sizeof(percent), "%.2f %%", record->allocated_percent);
    write_tile(out, "allocated", percent);
    snprintf(percent, sizeof(percent), "%.2f %%", record->fragmented_percent);
    write_tile(out, "fragmented", percent);
    write_tile(out, "corruptions", HTML_COUNT(record->corruptions));
    write_tile(out, "leaked clusters",
               record->leaks == RECORD_UNKNOWN ? "unknown" : HTML_COUNT(record->leaks));
}

void html_banner(FILE *out, const void *record)
{
    static const struct gap gaps[] = {
        {"NAME", NULL, write_name},         {"TONE", NULL, write_tone},
        {"MARK", NULL, write_mark},         {"VERDICT", NULL, write_verdict},
        {"SENTENCE", NULL, write_sentence}, {"FLAGS", NULL, write_flags},
        {"QEMU", NULL, write_qemu},         {"DIFFERS", NULL, write_differs},
        {"TILES", NULL, write_tiles},       {0},
    };

    template_write(out, templates_banner, gaps, record);
}
