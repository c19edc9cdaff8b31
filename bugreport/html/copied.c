/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

#define LISTED 16 /* suspect tables */

static const struct record_copy *copy_of(const void *record)
{
    return &((const struct record *)record)->copy;
}

static void write_file_end(FILE *out, const void *record)
{
    fputs(HTML_SIZE(((const struct record *)record)->file_size), out);
}

static void write_data(FILE *out, const void *record)
{
    fputs(HTML_SIZE(copy_of(record)->data_bytes), out);
}

static void write_row(FILE *out, const char *what, const char *count, const char *fate)
{
    fprintf(out, "<tr><th scope=\"row\">%s</th><td class=\"text wrap\">%s%s</td></tr>\n", what,
            count, fate);
}

static void write_table(FILE *out, const void *subject)
{
    const struct record *record = subject;
    const struct scrub_counts *words = &record->copy.words;

    write_row(out, "the guest's data", "", "removed, all of them");
    write_row(out, "words of tables", HTML_COUNT(words->kept), " kept: 0, 1 or a valid offset");
    write_row(out, "other words", HTML_COUNT(words->rewritten),
              " replaced by the marker REDACTED, which is as invalid as they were");
    write_row(out, "words of suspect tables", HTML_COUNT(words->stand_ins),
              " stand-ins with the same counts");
    if (record->has_backing_file)
        write_row(out, "name of the backing file", "",
                  record->copy.backing_name_kept ? "kept, as asked for" : "removed");
}

static void write_suspect(FILE *out, const struct record_suspect *suspect)
{
    static const char *const reasons[] = {
        "a part of it does not look like a table",
        "the L1 table does not look like one",
        "elsewhere its clusters are referred to as data",
        "it does not look like a table",
    };

    fprintf(out, "<tr><th scope=\"row\">%s</th>", suspect->table.level == TABLE_L1 ? "L1" : "L2");
    html_td_hex(out, suspect->table.offset);
    html_td_count(out, suspect->belief.suspect_blocks);
    fprintf(out, "<td class=\"text wrap\">%s</td></tr>\n", reasons[suspect->belief.reason]);
}

static void write_suspects(FILE *out, const void *record)
{
    const struct record_copy *copy = copy_of(record);
    size_t listed = copy->suspect_count < LISTED ? copy->suspect_count : LISTED;

    if (copy->faithful)
        fprintf(out, "<p>Packed with --faithful: what looks like an offset was kept in suspect "
                     "tables too, and can be the guest's.</p>\n");
    if (copy->moved_tables)
        fprintf(out,
                "<p>Suspect words of the L1 table point at %" PRIu64 " tables: what stands in for "
                "them stands elsewhere in the copy.</p>\n",
                copy->moved_tables);
    if (copy->suspect_count == 0)
        return;
    fprintf(out,
            "<p>%s table%s not look like a table, in whole or in part. Of those nothing but counts "
            "is evidence.</p>\n",
            HTML_COUNT(copy->suspect_count), copy->suspect_count == 1 ? " does" : "s do");
    fprintf(out, "<section class=\"scroll\" aria-label=\"Suspect tables\" tabindex=\"0\">\n"
                 "<table>\n<thead><tr><th class=\"text\" scope=\"col\">table</th>"
                 "<th class=\"mono\" scope=\"col\">at</th><th scope=\"col\">blocks</th>"
                 "<th class=\"text\" scope=\"col\">why</th></tr></thead>\n"
                 "<tbody>\n");
    for (size_t i = 0; i < listed; i++)
        write_suspect(out, &copy->suspects[i]);
    fprintf(out, "</tbody>\n</table>\n</section>\n");
    if (copy->suspect_count > listed)
        fprintf(out, "<p class=\"muted\">and %s more</p>\n",
                HTML_COUNT(copy->suspect_count - listed));
}

static void write_outcome(FILE *out, const void *record)
{
    const struct record_copy *copy = copy_of(record);
    char line[QEMU_SUMMARY_SIZE];

    if (copy->identical) {
        fprintf(out, "<code>qemu-img check</code> says of the copy what it says of the original: "
                     "<strong>identical</strong>.");
        return;
    }
    qemu_summary(&copy->qemu, line);
    fprintf(out, "<code>qemu-img check</code> says something else of the copy than of the "
                 "original");
    for (int reason = 0; reason < DEVIATION_REASONS; reason++) {
        if (copy->deviation.reasons[reason])
            fprintf(out, "; %s", deviation_text((enum deviation_reason)reason));
    }
    fprintf(out, ": ");
    fprintf(out, "<code>");
    html_text(out, line);
    fprintf(out, "</code>");
}

void html_copy(FILE *out, const void *record)
{
    static const struct gap gaps[] = {
        {"FILE_END", NULL, write_file_end}, {"DATA", NULL, write_data},
        {"COPY_TABLE", NULL, write_table},  {"SUSPECTS", NULL, write_suspects},
        {"OUTCOME", NULL, write_outcome},   {0},
    };

    if (copy_of(record)->present)
        template_write(out, templates_copied, gaps, record);
}
