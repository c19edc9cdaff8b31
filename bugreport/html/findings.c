/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"

#define LISTED 200 /* of each kind; a page must stay one that can be read */

#define CELL_SIZE 96

/* A column of the table of places; what it says of a finding may be nothing. */
struct column {
    const char *title, *class;
    void (*say)(char text[CELL_SIZE], const struct record_finding *finding);
};

static void say_known(char text[CELL_SIZE], uint64_t value)
{
    if (value != FINDING_NOWHERE)
        snprintf(text, CELL_SIZE, "%s", HTML_COUNT(value));
}

static void say_offset(char text[CELL_SIZE], uint64_t offset)
{
    if (offset != FINDING_NOWHERE)
        snprintf(text, CELL_SIZE, "0x%" PRIx64, offset);
}

static void say_count(char text[CELL_SIZE], const struct record_finding *finding)
{
    say_known(text, finding->finding.count);
}

static void say_table(char text[CELL_SIZE], const struct record_finding *finding)
{
    say_offset(text, finding->finding.table_offset);
}

static void say_l1(char text[CELL_SIZE], const struct record_finding *finding)
{
    say_known(text, finding->finding.l1_index);
}

static void say_l2(char text[CELL_SIZE], const struct record_finding *finding)
{
    say_known(text, finding->finding.l2_index);
}

static void say_cluster(char text[CELL_SIZE], const struct record_finding *finding)
{
    say_offset(text, finding->finding.offset);
}

static void say_value(char text[CELL_SIZE], const struct record_finding *finding)
{
    if (finding->has_value)
        say_offset(text, finding->finding.value);
    else if (finding->redacted)
        snprintf(text, CELL_SIZE, "redacted");
}

static void say_reason(char text[CELL_SIZE], const struct record_finding *finding)
{
    if (finding->finding.reason)
        snprintf(text, CELL_SIZE, "%s", reason_name(finding->finding.reason));
}

static void say_guest(char text[CELL_SIZE], const struct record_finding *finding)
{
    if (finding->finding.guest_size)
        snprintf(text, CELL_SIZE, "0x%" PRIx64 "+0x%" PRIx64, finding->finding.guest_pos,
                 finding->finding.guest_size);
}

static void say_claimant(char text[CELL_SIZE], const struct record_finding *finding)
{
    const struct claimant *other = &finding->finding.other;
    const char *name = claimant_name(other->role);

    if (other->role == CLAIMANT_NONE)
        return;
    if (other->l2_index != FINDING_NOWHERE)
        snprintf(text, CELL_SIZE, "%s, L1 index %" PRIu64 ", L2 index %" PRIu64, name,
                 other->l1_index, other->l2_index);
    else if (other->l1_index != FINDING_NOWHERE)
        snprintf(text, CELL_SIZE, "%s, L1 index %" PRIu64, name, other->l1_index);
    else
        snprintf(text, CELL_SIZE, "%s", name);
}

static void say_remark(char text[CELL_SIZE], const struct record_finding *finding)
{
    if (finding->suspect)
        snprintf(text, CELL_SIZE, "in a suspect block: its place is not told");
}

static const struct column columns[] = {
    {"count", "num", say_count},
    {"table at", "mono", say_table},
    {"L1 index", "num", say_l1},
    {"L2 index", "num", say_l2},
    {"cluster at", "mono", say_cluster},
    {"raw value", "mono", say_value},
    {"why", "text", say_reason},
    {"guest", "mono", say_guest},
    {"claimed before by", "text", say_claimant},
    {"remark", "text", say_remark},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Findings of one kind, and which columns have something to say of any. */
struct places {
    const struct record_finding *list;
    size_t count;
    bool used[COLUMNS];
};

/* Findings about the image as a whole have no place. */
static bool has_place(const struct record_finding *finding)
{
    return finding->finding.table_offset != FINDING_NOWHERE ||
           finding->finding.offset != FINDING_NOWHERE || finding->suspect;
}

static void find_used(struct places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        for (size_t column = 0; column < COLUMNS; column++) {
            char text[CELL_SIZE] = "";

            columns[column].say(text, &places->list[i]);
            places->used[column] |= text[0] != '\0';
        }
    }
}

static void write_row(FILE *out, const struct places *places, size_t row)
{
    fprintf(out, "<tr>");
    for (size_t i = 0; i < COLUMNS; i++) {
        char text[CELL_SIZE] = "";

        if (!places->used[i])
            continue;
        columns[i].say(text, &places->list[row]);
        fprintf(out, "<td class=\"%s\">%s</td>", columns[i].class, text);
    }
    fprintf(out, "</tr>\n");
}

/* Lists where the findings of one kind are, of which there are total. */
static void write_places(FILE *out, const struct places *places, const char *name, uint64_t total)
{
    fprintf(out,
            "<details open>\n<summary>Where</summary>\n<section class=\"scroll\" "
            "aria-label=\"Places of %s\" tabindex=\"0\">\n<table>\n<thead><tr>",
            name);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (places->used[i])
            fprintf(out, "<th class=\"%s\" scope=\"col\">%s</th>", columns[i].class,
                    columns[i].title);
    }
    fprintf(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < places->count; i++) {
        write_row(out, places, i);
        total -= places->list[i].finding.count;
    }
    fprintf(out, "</tbody>\n</table>\n</section>\n");
    if (total > 0)
        fprintf(out, "<p class=\"muted\">and %s more</p>\n", HTML_COUNT(total));
    fprintf(out, "</details>\n");
}

static void write_kind(FILE *out, const struct record *record, int kind, struct places *places)
{
    static const char *const tones[] = {"corrupt", "leaks", "other", "other"};
    const struct finding_row *row = finding_row((enum finding_kind)kind);

    fprintf(out,
            "<article class=\"finding %s\">\n<h3><span class=\"badge\">%s, %s</span>%s</h3>\n<p>",
            tones[row->severity], severity_name(row->severity), HTML_COUNT(record->kinds[kind]),
            row->name);
    html_text(out, row->text);
    fprintf(out, "</p>\n<p class=\"muted\">");
    html_text(out, row->cause);
    fprintf(out, "</p>\n");
    if (places->count > 0 && has_place(&places->list[0])) {
        places->count = places->count < LISTED ? places->count : LISTED;
        find_used(places);
        write_places(out, places, row->name, record->kinds[kind]);
    }
    fprintf(out, "</article>\n");
}

void html_findings(FILE *out, const void *subject)
{
    const struct record *record = subject;
    size_t next = 0;
    bool any = false;

    fprintf(out, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>\n");
    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        struct places places = {.list = &record->findings[next]};

        while (next < record->finding_count && (int)record->findings[next].finding.kind == kind)
            next++;
        places.count = (size_t)(&record->findings[next] - places.list);
        any |= record->kinds[kind] > 0;
        if (record->kinds[kind] > 0)
            write_kind(out, record, kind, &places);
    }
    if (!any)
        fprintf(out, "<p>None: nothing about the image is out of order or worth a remark.</p>\n");
    fprintf(out, "</section>\n");
}
