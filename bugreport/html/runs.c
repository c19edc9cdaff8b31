/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

/* The drawing: a field with room for labels around it. */
#define WIDTH  480
#define LEFT   8
#define RIGHT  48
#define TOP    18
#define BOTTOM 168
#define TALL   (BOTTOM - TOP)
#define LABEL  60 /* width that a label takes */
#define WIDEST 90 /* bar */

/* The powers that there are runs of: [first, end). */
struct span {
    unsigned first, end;
    uint64_t most;
};

static struct span span_of(const struct record *record)
{
    struct span span = {.first = RECORD_POWERS};

    for (unsigned power = 0; power < RECORD_POWERS; power++) {
        uint64_t count = record->run_histogram[power];

        if (count == 0)
            continue;
        span.first = power < span.first ? power : span.first;
        span.end = power + 1;
        span.most = count > span.most ? count : span.most;
    }
    return span;
}

static double step_of(const struct span *span)
{
    double step = (double)(WIDTH - LEFT - RIGHT) / (span->end - span->first);

    return step < WIDEST ? step : WIDEST;
}

static uint64_t bytes_of(const struct record *record, unsigned power)
{
    uint64_t bytes;

    return __builtin_mul_overflow(UINT64_C(1) << power, record->cluster_size, &bytes) ? UINT64_MAX
                                                                                      : bytes;
}

static void draw_bar(FILE *out, const struct record *record, const struct span *span,
                     unsigned power)
{
    double step = step_of(span), x = LEFT + (power - span->first) * step;
    uint64_t count = record->run_histogram[power];
    double height = (double)count * TALL / (double)span->most;

    if (count == 0)
        return;
    height = height < 1 ? 1 : height;
    fprintf(
        out,
        "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>%" PRIu64
        " to %" PRIu64 " clusters: %" PRIu64 " pieces</title></rect>\n",
        x + 1, BOTTOM - height, step - 2, height, UINT64_C(1) << power, (UINT64_C(2) << power) - 1,
        count);
}

/* Labels below the bars, as many as there is room for. */
static void draw_labels(FILE *out, const struct record *record, const struct span *span)
{
    double step = step_of(span);
    unsigned every = (unsigned)(LABEL / step) + 1;

    for (unsigned power = span->first; power < span->end; power += every)
        fprintf(out, "<text class=\"soft\" x=\"%.1f\" y=\"%d\">%s</text>\n",
                LEFT + 1 + (power - span->first) * step, BOTTOM + 18,
                HTML_SIZE(bytes_of(record, power)));
}

static void draw_sum(FILE *out, const struct record *record, const struct span *span)
{
    double step = step_of(span);
    uint64_t sum = 0;

    fprintf(out, "<polyline class=\"sum\" points=\"%d,%d", LEFT, BOTTOM);
    for (unsigned power = span->first; power < span->end; power++) {
        sum += record->run_histogram[power];
        fprintf(out, " %.1f,%.1f", LEFT + (power - span->first + 1) * step,
                BOTTOM - (double)sum * TALL / (double)record->runs);
    }
    fprintf(out,
            "\"/>\n<text class=\"soft\" x=\"%.1f\" y=\"%d\" text-anchor=\"end\">100 %%</text>\n",
            LEFT + (span->end - span->first) * step + 40, TOP + 4);
}

static void write_histogram(FILE *out, const void *subject)
{
    const struct record *record = subject;
    struct span span = span_of(record);

    fprintf(
        out,
        "<svg role=\"img\" aria-label=\"Histogram of the lengths of pieces; the table below has "
        "its numbers\" viewBox=\"0 0 %d %d\">\n<text class=\"soft\" x=\"%d\" y=\"%d\">%s "
        "pieces</text>\n<path class=\"axis\" d=\"M%d %dH%.1f\"/>\n",
        WIDTH, BOTTOM + 26, LEFT, TOP - 5, HTML_COUNT(span.most), LEFT, BOTTOM,
        LEFT + (span.end - span.first) * step_of(&span));
    for (unsigned power = span.first; power < span.end; power++)
        draw_bar(out, record, &span, power);
    draw_sum(out, record, &span);
    draw_labels(out, record, &span);
    fprintf(out, "</svg>\n");
}

static void write_table(FILE *out, const void *subject)
{
    const struct record *record = subject;
    struct span span = span_of(record);
    uint64_t sum = 0;

    for (unsigned power = span.first; power < span.end; power++) {
        sum += record->run_histogram[power];
        fprintf(out, "<tr><td>%s</td>", HTML_COUNT(UINT64_C(1) << power));
        html_td_count(out, (UINT64_C(2) << power) - 1);
        html_td_size(out, bytes_of(record, power));
        html_td_count(out, record->run_histogram[power]);
        fprintf(out, "<td>%.2f %%</td></tr>\n", (double)sum * 100 / (double)record->runs);
    }
}

static void write_length(FILE *out, const struct record *record, uint64_t clusters)
{
    fprintf(out, "%s cluster%s (%s)", HTML_COUNT(clusters), clusters == 1 ? "" : "s",
            HTML_SIZE(clusters * record->cluster_size));
}

static void write_count(FILE *out, const void *record)
{
    fputs(HTML_COUNT(((const struct record *)record)->runs), out);
}

static void write_median(FILE *out, const void *record)
{
    write_length(out, record, ((const struct record *)record)->median_run);
}

static void write_longest(FILE *out, const void *record)
{
    write_length(out, record, ((const struct record *)record)->longest_run);
}

void html_runs(FILE *out, const void *subject)
{
    static const struct gap gaps[] = {
        {"HISTOGRAM", NULL, write_histogram}, {"RUNS_TABLE", NULL, write_table},
        {"RUN_COUNT", NULL, write_count},     {"MEDIAN", NULL, write_median},
        {"LONGEST", NULL, write_longest},     {0},
    };
    const struct record *record = subject;

    if (record->has_figures && record->runs > 0)
        template_write(out, templates_runs, gaps, record);
}
