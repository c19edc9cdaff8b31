/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"

/* How the uses of clusters are drawn and called. */
static const struct {
    const char *class, *name, *legend;
} uses[ATLAS_USES] = {
    {"header", "header", "header"},
    {"l1", "L1", "L1 table"},
    {"l2", "L2", "L2 tables"},
    {"data", "data", "data"},
    {"leaked", "leaked", "leaked: nothing refers to it"},
    {"twice", "again", "referred to more than once"},
};

static void gather(const struct atlas *atlas, uint32_t cell, uint64_t values[ATLAS_USES])
{
    for (int use = 0; use < ATLAS_USES; use++)
        values[use] = atlas->file_cells[use][cell];
}

static uint64_t sum_of(const uint64_t values[ATLAS_USES])
{
    uint64_t sum = 0;

    for (int use = 0; use < ATLAS_USES; use++)
        sum += values[use];
    return sum;
}

static bool same(const uint64_t a[ATLAS_USES], const uint64_t b[ATLAS_USES])
{
    for (int use = 0; use < ATLAS_USES; use++) {
        if (a[use] != b[use])
            return false;
    }
    return true;
}

/* Gathers what a cell says, and returns the first one behind it that says something else. */
static uint32_t gather_alike(const struct atlas *atlas, uint32_t cell, uint64_t values[ATLAS_USES])
{
    uint64_t others[ATLAS_USES];

    gather(atlas, cell, values);
    while (++cell < atlas->file.cells) {
        gather(atlas, cell, others);
        if (!same(values, others))
            break;
    }
    return cell;
}

/* Where a cell begins, or the last one ends. */
static uint64_t begin_of(const struct atlas *atlas, uint32_t cell)
{
    uint64_t begin = cell * atlas_cell_size(atlas, &atlas->file);
    uint64_t file = atlas->file.clusters * atlas->cluster_size;

    return begin < file ? begin : file;
}

static void write_title(FILE *out, const struct atlas *atlas, uint32_t first, uint32_t end,
                        const uint64_t values[ATLAS_USES])
{
    const char *separator = ": ";

    fprintf(out, "<title>file %s", HTML_SIZE(begin_of(atlas, first)));
    if (end - first > 1)
        fprintf(out, " to %s, each of %u cells", HTML_SIZE(begin_of(atlas, end)), end - first);
    for (int use = 0; use < ATLAS_USES; use++) {
        if (values[use])
            fprintf(out, "%s%" PRIu64 " %s", separator, values[use], uses[use].name);
        separator = values[use] ? ", " : separator;
    }
    fprintf(out, "</title>");
}

/* Draws cells that all say the same. */
static void draw_cells(FILE *out, const struct atlas *atlas, uint32_t first, uint32_t end,
                       const uint64_t values[ATLAS_USES])
{
    int heights[ATLAS_USES], y = (int)(first / HTML_MAP_COLUMNS + 1) * HTML_TALL;

    if (sum_of(values) == 0)
        return;
    fprintf(out, "<g>");
    write_title(out, atlas, first, end, values);
    html_stack(values, ATLAS_USES, sum_of(values), heights);
    for (int use = 0; use < ATLAS_USES; use++) {
        y -= heights[use];
        if (heights[use])
            html_map_cells(out, uses[use].class, first, end, y, heights[use]);
    }
    fprintf(out, "</g>\n");
}

/* Behind the last cell of the file stands one for what points past its end. */
static void draw_beyond(FILE *out, const struct atlas *atlas)
{
    uint32_t cell = atlas->file.cells;

    if (atlas->beyond == 0)
        return;
    fprintf(out, "<g><title>beyond the end of the file: %" PRIu64 " elements</title>",
            atlas->beyond);
    html_map_cells(out, "beyond", cell, cell + 1, (int)(cell / HTML_MAP_COLUMNS) * HTML_TALL,
                   HTML_TALL);
    fprintf(out, "</g>\n");
}

void html_file(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;

    html_map_begin(out, "Map of the file; the table below has its numbers",
                   atlas->file.cells + (atlas->beyond > 0));
    for (uint32_t first = 0, end; first < atlas->file.cells; first = end) {
        uint64_t values[ATLAS_USES];

        end = gather_alike(atlas, first, values);
        draw_cells(out, atlas, first, end, values);
    }
    draw_beyond(out, atlas);
    html_map_end(out);
}

static void write_key(FILE *out, const char *class, const char *legend)
{
    fprintf(out,
            "<li><svg viewBox=\"0 0 12 10\" width=\"12\" height=\"10\" aria-hidden=\"true\"><rect "
            "class=\"%s\" width=\"12\" height=\"10\"/></svg>%s</li>\n",
            class, legend);
}

void html_file_legend(FILE *out, const void *subject)
{
    (void)subject;
    for (int use = 0; use < ATLAS_USES; use++)
        write_key(out, uses[use].class, uses[use].legend);
    write_key(out, "beyond", "beyond the end");
}

/* Neighbours that say the same share a row. */
void html_file_table(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;

    for (uint32_t first = 0, end; first < atlas->file.cells; first = end) {
        uint64_t values[ATLAS_USES];

        end = gather_alike(atlas, first, values);
        fprintf(out, "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td>",
                HTML_SIZE(begin_of(atlas, first)), HTML_SIZE(begin_of(atlas, end)));
        for (int use = 0; use < ATLAS_USES; use++)
            html_td_count(out, values[use] * (end - first));
        fprintf(out, "</tr>\n");
    }
}
