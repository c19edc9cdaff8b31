/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/fleet_parts.h"
#include "bugreport/html/write.h"
#include "bugreport/render/words.h"

static const struct fleet_entry *entry_at(const struct fleet_page *page, size_t place)
{
    return &page->fleet->entries[page->order[place]];
}

/* Images about which there is more to say than a row can. */
bool html_fleet_has_part(const struct fleet_page *page, size_t place)
{
    const struct fleet_entry *entry = entry_at(page, place);

    return place < FLEET_PARTS &&
           (entry->causes || entry->status != ENTRY_OK || entry->record.corruptions ||
            entry->record.leaks || entry->record.dirty_flag);
}

static void write_name(FILE *out, const struct fleet_page *page, size_t place)
{
    bool has_part = html_fleet_has_part(page, place);

    fprintf(out, "<th scope=\"row\" class=\"name\">");
    if (has_part)
        fprintf(out, "<a href=\"#image-%zu\">", place);
    html_name(out, entry_at(page, place)->record.filename);
    fprintf(out, "%s</th>", has_part ? "</a>" : "");
}

static void write_figures(FILE *out, const struct fleet_entry *entry)
{
    const struct record *record = &entry->record;
    char leaks[WORDS_NUMBER_SIZE];

    if (entry->status != ENTRY_OK || !record->has_figures) {
        fprintf(out, "<td></td><td></td><td></td><td></td>");
        return;
    }
    html_td_count(out, record->corruptions);
    fprintf(out, "<td>%s</td><td>%.2f %%</td>", words_leaks(leaks, record),
            record->fragmented_percent);
    html_td_size(out, record->virtual_size);
}

static void write_row(FILE *out, const struct fleet_page *page, size_t place)
{
    const struct fleet_entry *entry = entry_at(page, place);
    bool fails = policy_failing(&page->fleet->policy, entry);

    fprintf(out, "<tr>");
    write_name(out, page, place);
    fprintf(out, "<td class=\"text\">%s%s</td>", fails ? "✗ " : "", words_outcome(entry));
    write_figures(out, entry);
    fprintf(out, "<td class=\"text\">");
    html_sketch_guest(out, entry->record.sketch.guest);
    html_sketch_file(out, entry->record.sketch.file);
    fprintf(out, "</td><td class=\"text wrap\">");
    words_remarks(out, page->fleet, entry);
    fprintf(out, "</td></tr>\n");
}

void html_fleet_table(FILE *out, const void *subject)
{
    const struct fleet_page *page = subject;

    for (size_t place = 0; place < page->fleet->count && place < FLEET_ROWS; place++)
        write_row(out, page, place);
    if (page->fleet->count > FLEET_ROWS)
        fprintf(out, "<tr><th scope=\"row\">and %s more</th><td colspan=\"7\"></td></tr>\n",
                HTML_COUNT(page->fleet->count - FLEET_ROWS));
}

static void write_findings(FILE *out, const struct record *record)
{
    fprintf(out, "<ul>\n");
    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        const struct finding_row *row = finding_row((enum finding_kind)kind);

        if (record->kinds[kind] == 0)
            continue;
        fprintf(out, "<li>%s, %s: ", severity_name(row->severity), HTML_COUNT(record->kinds[kind]));
        html_text(out, row->text);
        fprintf(out, "; <span class=\"muted\">");
        html_text(out, row->cause);
        fprintf(out, "</span></li>\n");
    }
    fprintf(out, "</ul>\n");
}

static const char *tone_of(const struct fleet_entry *entry)
{
    if (entry->status != ENTRY_OK)
        return "other";
    if (entry->record.verdict == VERDICT_CORRUPT)
        return "corrupt";
    return entry->record.verdict == VERDICT_LEAKS ? "leaks" : "other";
}

static void write_part(FILE *out, const struct fleet_page *page, size_t place)
{
    const struct fleet_entry *entry = entry_at(page, place);

    fprintf(out, "<article class=\"finding %s\" id=\"image-%zu\">\n<h3 class=\"name\">",
            tone_of(entry), place);
    html_name(out, entry->record.filename);
    fprintf(out, "</h3>\n<p class=\"badge\">");
    if (entry->status == ENTRY_OK && entry->causes)
        words_reasons(out, page->fleet, entry, entry->causes);
    else
        fputs(words_outcome(entry), out);
    fprintf(out, "</p>\n");
    if (entry->message) {
        fprintf(out, "<p>");
        html_name(out, entry->message);
        fprintf(out, "</p>\n");
    }
    if (entry->status == ENTRY_OK)
        write_findings(out, &entry->record);
    fprintf(out, "</article>\n");
}

void html_fleet_details(FILE *out, const void *subject)
{
    const struct fleet_page *page = subject;
    bool any = false;

    for (size_t place = 0; place < page->fleet->count && place < FLEET_PARTS; place++) {
        if (!html_fleet_has_part(page, place))
            continue;
        write_part(out, page, place);
        any = true;
    }
    if (!any)
        fprintf(out, "<p>Nothing is wrong with any image.</p>\n");
}
