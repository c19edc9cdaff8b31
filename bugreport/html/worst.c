/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

#define LISTED 8

/* The cell with the most fragments among those that come after the one given, in falling order. */
static int next_worst(const struct atlas *atlas, int after)
{
    const struct atlas_guest *cells = atlas->guest_cells;
    int worst = -1;

    for (int i = 0; i < (int)atlas->guest.cells; i++) {
        bool is_later = after < 0 || cells[i].fragments < cells[after].fragments ||
                        (i > after && cells[i].fragments == cells[after].fragments);

        if (is_later && cells[i].fragments > 0 &&
            (worst < 0 || cells[i].fragments > cells[worst].fragments))
            worst = i;
    }
    return worst;
}

static void write_region(FILE *out, const struct atlas *atlas, int index)
{
    const struct atlas_guest *cell = &atlas->guest_cells[index];
    uint64_t size = atlas_cell_size(atlas, &atlas->guest), begin = (uint64_t)index * size;
    uint64_t end =
        begin + atlas_cell_clusters(&atlas->guest, (uint32_t)index) * atlas->cluster_size;
    double share = (double)cell->fragments * 100 / (double)(cell->data + cell->invalid);

    fprintf(out, "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td>", HTML_SIZE(begin),
            HTML_SIZE(end));
    html_td_count(out, cell->data + cell->invalid);
    html_td_count(out, cell->fragments);
    fprintf(out,
            "<td>%.2f %%</td><td class=\"text\"><svg viewBox=\"0 0 100 10\" "
            "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"hole\" width=\"100\" "
            "height=\"10\"/><rect class=\"bar\" width=\"%.2f\" height=\"10\"/></svg></td></tr>\n",
            share, share);
}

static void write_table(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;
    int cell = -1;

    for (int i = 0; i < LISTED && (cell = next_worst(atlas, cell)) >= 0; i++)
        write_region(out, atlas, cell);
}

static void write_cell_size(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;

    fputs(HTML_SIZE(atlas_cell_size(atlas, &atlas->guest)), out);
}

void html_worst(FILE *out, const void *subject)
{
    static const struct gap gaps[] = {
        {"WORST_TABLE", NULL, write_table}, {"GUEST_CELL", NULL, write_cell_size}, {0}};
    const struct record *record = subject;

    if (next_worst(record->atlas, -1) >= 0)
        template_write(out, templates_worst, gaps, record);
}
