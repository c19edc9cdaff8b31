/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/render/text.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

/* From which share of fragmented clusters on, in percent, a band begins. */
#define WATCH      5
#define DEFRAGMENT 25

#define GAUGE_LEFT 10
#define BAND_WIDTH 150

enum band { BAND_FINE, BAND_WATCH, BAND_DEFRAGMENT, BANDS };

static const struct {
    const char *name;
    int from;
} bands[BANDS] = {{"fine", 0}, {"watch", WATCH}, {"defragment", DEFRAGMENT}};

static enum band band_of(const struct record *record)
{
    if (record->fragmented_percent < WATCH)
        return BAND_FINE;
    return record->fragmented_percent < DEFRAGMENT ? BAND_WATCH : BAND_DEFRAGMENT;
}

static void write_fragments(FILE *out, const void *subject)
{
    const struct record *record = subject;

    if (record->allocated_clusters == 0) {
        fprintf(out, "No cluster is allocated, so there is nothing to be fragmented.");
        return;
    }
    fprintf(out,
            "Of the %s clusters that are allocated, <strong>%s (%.2f %%) do not follow their "
            "predecessor</strong> in the file, and reading the disk from end to end jumps there.",
            HTML_COUNT(record->allocated_clusters), HTML_COUNT(record->fragmented_clusters),
            record->fragmented_percent);
    if (record->runs > 0)
        fprintf(out,
                " On average %.2f clusters, %s, lie in one piece; a hole of the disk ends one "
                "too.",
                record->mean_run,
                HTML_SIZE((uint64_t)(record->mean_run * (double)record->cluster_size)));
}

/* Where on the gauge a share stands: its bands are equally wide, whatever they span. */
static double position_of(const struct record *record, double width)
{
    enum band band = band_of(record);
    double from = bands[band].from;
    double end = band == BAND_DEFRAGMENT ? 100 : bands[band + 1].from;
    double share = (record->fragmented_percent - from) / (end - from);

    return (band + (share > 1 ? 1 : share)) * width;
}

/* A band, its name, and the share where it begins. */
static void draw_band(FILE *out, enum band band, bool is_now)
{
    static const char *const fills[BANDS] = {"hole", "zero", "leaked"};
    int x = GAUGE_LEFT + (int)band * BAND_WIDTH;

    fprintf(out,
            "<rect class=\"%s band%s\" x=\"%d\" y=\"24\" width=\"%d\" height=\"14\"/>\n"
            "<text x=\"%d\" y=\"56\" text-anchor=\"middle\">%s</text>\n"
            "<text class=\"soft\" x=\"%d\" y=\"56\" text-anchor=\"%s\">%d %%</text>\n",
            fills[band], is_now ? " now" : "", x, BAND_WIDTH, x + BAND_WIDTH / 2, bands[band].name,
            x, band == BAND_FINE ? "start" : "middle", bands[band].from);
}

static void write_gauge(FILE *out, const void *subject)
{
    const struct record *record = subject;
    double x = GAUGE_LEFT + position_of(record, BAND_WIDTH);

    fprintf(out,
            "<svg role=\"img\" aria-label=\"%.2f percent of the allocated clusters are fragmented: "
            "%s\" viewBox=\"0 0 480 70\">\n",
            record->fragmented_percent, bands[band_of(record)].name);
    for (int band = 0; band < BANDS; band++)
        draw_band(out, (enum band)band, band == (int)band_of(record));
    fprintf(out,
            "<path class=\"marker\" d=\"M%.1f 30l-7 -12h14z\"/>\n<text x=\"%.1f\" y=\"13\" "
            "text-anchor=\"%s\">%.2f %%</text>\n</svg>\n",
            x, x,
            x < 60    ? "start"
            : x > 420 ? "end"
                      : "middle",
            record->fragmented_percent);
}

static void write_advice(FILE *out, const void *subject)
{
    static const char *const words[BANDS] = {
        "<strong>Fine:</strong> nothing needs to be done about fragmentation.",
        "<strong>Watch:</strong> long reads may slow down a little; look again now and then.",
        "<strong>Defragment:</strong> <code>qemu-img convert -O qed OLD NEW</code> writes the "
        "clusters in the guest's order.",
    };
    const struct record *record = subject;

    fprintf(out, "%s", words[band_of(record)]);
    if (band_of(record) == BAND_DEFRAGMENT && record->verdict == VERDICT_CORRUPT)
        fprintf(out, " Not before the corruption is dealt with, though: a copy would carry it "
                     "along.");
}

static void write_jump(FILE *out, const struct record *record, int percent)
{
    fputs(HTML_SIZE(record->cluster_size * 100 / (uint64_t)percent), out);
}

static void write_watch_size(FILE *out, const void *record)
{
    write_jump(out, record, WATCH);
}

static void write_defragment_size(FILE *out, const void *record)
{
    write_jump(out, record, DEFRAGMENT);
}

static void write_watch(FILE *out, const void *record)
{
    (void)record;
    fprintf(out, "%d", WATCH);
}

static void write_defragment(FILE *out, const void *record)
{
    (void)record;
    fprintf(out, "%d", DEFRAGMENT);
}

void html_figures(FILE *out, const void *subject)
{
    const struct record *record = subject;
    char value[TEXT_SIZE_SIZE];

    for (const struct record_field *field = record_fields; field->key; field++) {
        if (record_has_field(record, field))
            fprintf(out, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n", field->label,
                    text_field(value, record, field));
    }
    if (!record->has_backing_file)
        return;
    fprintf(out, "<tr><th scope=\"row\">backing file</th><td class=\"wrap\">");
    html_name(out, record->backing_name ? record->backing_name : "yes, not named");
    fprintf(out, "</td></tr>\n");
}

static void write_bands(FILE *out, const void *subject)
{
    static const struct gap gaps[] = {
        {"GAUGE", NULL, write_gauge},
        {"WATCH", NULL, write_watch},
        {"WATCH_SIZE", NULL, write_watch_size},
        {"DEFRAGMENT", NULL, write_defragment},
        {"DEFRAGMENT_SIZE", NULL, write_defragment_size},
        {"ADVICE", NULL, write_advice},
        {0},
    };

    if (((const struct record *)subject)->allocated_clusters > 0)
        template_write(out, templates_bands, gaps, subject);
}

void html_meaning(FILE *out, const void *subject)
{
    static const struct gap gaps[] = {
        {"FRAGMENTS", NULL, write_fragments},
        {"BANDS", NULL, write_bands},
        {"FIGURES", NULL, html_figures},
        {0},
    };
    const struct record *record = subject;

    template_write(out, record->has_figures ? templates_meaning : templates_header_only, gaps,
                   record);
}
