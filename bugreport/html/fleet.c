/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "bugreport/html/fleet_parts.h"
#include "bugreport/html/write.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/words.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

/* Shares of fragmented clusters, in percent: each range ends where the next begins. */
static const double ranges[] = {0, 1, 5, 10, 25, 50, 75, 100};

#define RANGES (sizeof(ranges) / sizeof(ranges[0]) - 1)

static const struct fleet_totals *totals_of(const void *page)
{
    return &((const struct fleet_page *)page)->totals;
}

static bool is_complete(const void *page)
{
    return fleet_is_complete(((const struct fleet_page *)page)->fleet);
}

static void write_tone(FILE *out, const void *page)
{
    if (totals_of(page)->failing)
        fputs("corrupt", out);
    else
        fputs(is_complete(page) ? "consistent" : "leaks", out);
}

static void write_mark(FILE *out, const void *page)
{
    if (totals_of(page)->failing)
        fputs("✗", out);
    else
        fputs(is_complete(page) ? "✓" : "△", out);
}

static void write_verdict(FILE *out, const void *page)
{
    const struct fleet_totals *totals = totals_of(page);

    if (totals->failing)
        fprintf(out, "%s of %s image%s fail%s", HTML_COUNT(totals->failing),
                HTML_COUNT(totals->images), totals->images == 1 ? "" : "s",
                totals->failing == 1 ? "s" : "");
    else
        fprintf(out, "%s image%s, none of which fails", HTML_COUNT(totals->images),
                totals->images == 1 ? "" : "s");
}

/* The totals in words; all of them plain ASCII of our own. */
static void write_words(FILE *out, const void *page)
{
    words_totals(out, ((const struct fleet_page *)page)->fleet, "");
}

static void write_tile(FILE *out, const char *label, const char *value)
{
    fprintf(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", label, value);
}

static void write_tiles(FILE *out, const void *page)
{
    const struct fleet_totals *totals = totals_of(page);
    struct outcome outcomes[WORDS_OUTCOMES];
    size_t count = words_outcomes(totals, outcomes);

    for (size_t i = 0; i < count; i++) {
        if (outcomes[i].images)
            write_tile(out, outcomes[i].name, HTML_COUNT(outcomes[i].images));
    }
    write_tile(out, "guests' disks", HTML_SIZE(totals->virtual_size));
    write_tile(out, "files", HTML_SIZE(totals->file_size));
    write_tile(out, "leaked", HTML_SIZE(totals->leaked_bytes));
}

static size_t range_of(double percent)
{
    size_t range = RANGES - 1;

    while (range > 0 && percent < ranges[range])
        range--;
    return range;
}

static bool is_measured(const struct fleet_entry *entry)
{
    return entry->status == ENTRY_OK && entry->record.has_figures &&
           entry->record.allocated_clusters > 0;
}

static void write_range(FILE *out, size_t range, uint64_t images, uint64_t all)
{
    double share = (double)images * 100 / (double)all;

    fprintf(out, "<tr><th scope=\"row\">%g to %g %%</th>", ranges[range], ranges[range + 1]);
    html_td_count(out, images);
    fprintf(out,
            "<td>%.1f %%</td><td class=\"text\"><svg viewBox=\"0 0 100 10\" "
            "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"hole\" width=\"100\" "
            "height=\"10\"/><rect class=\"bar\" width=\"%.1f\" height=\"10\"/></svg></td></tr>\n",
            share, share);
}

static void write_distribution(FILE *out, const void *subject)
{
    const struct fleet *fleet = ((const struct fleet_page *)subject)->fleet;
    uint64_t counts[RANGES] = {0}, all = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        if (fleet->entries[i].first_link != i || !is_measured(&fleet->entries[i]))
            continue;
        counts[range_of(fleet->entries[i].record.fragmented_percent)]++;
        all++;
    }
    for (size_t range = 0; all && range < RANGES; range++)
        write_range(out, range, counts[range], all);
}

static void write_body(FILE *out, const void *page)
{
    static const struct gap gaps[] = {
        {"TONE", NULL, write_tone},
        {"MARK", NULL, write_mark},
        {"VERDICT", NULL, write_verdict},
        {"WORDS", NULL, write_words},
        {"TILES", NULL, write_tiles},
        {"DISTRIBUTION", NULL, write_distribution},
        {"IMAGES", NULL, html_fleet_table},
        {"DETAILS", NULL, html_fleet_details},
        {0},
    };

    template_write(out, templates_fleet, gaps, page);
}

int render_fleet_html(FILE *out, const struct fleet *fleet, const struct render_options *options,
                      struct failure *why)
{
    static const struct gap gaps[] = {
        {"TITLE", "QED images", NULL},          {"STYLE", templates_style, NULL},
        {"PATTERNS", templates_patterns, NULL}, {"BODY", NULL, write_body},
        {"VERSION", QEDSCRUB_VERSION, NULL},    {0},
    };
    struct fleet_page page = {.fleet = fleet};
    size_t *order = fleet_worst_first(fleet, why);

    (void)options;
    if (!order)
        return -1;
    page.order = order;
    fleet_total(fleet, &page.totals);
    template_write(out, templates_page, gaps, &page);
    free(order);
    return 0;
}
