/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"

#define UNIT 10 /* of a cell of the drawing */

/* The side of a mark: by the logarithm of how full the cell is, down to 4 of 10. */
static int side_of(uint64_t clusters, uint64_t most)
{
    int side = UNIT;

    for (uint64_t full = most; clusters < full && side > 4; full /= 4)
        side -= 2;
    return side;
}

/* Data clusters that a cell holds if none is referred to twice. */
static uint64_t room_in(const struct atlas *atlas)
{
    unsigned bits = atlas->columns.bits < atlas->rows.bits ? atlas->columns.bits : atlas->rows.bits;

    return UINT64_C(1) << bits;
}

static void draw_dot(FILE *out, const struct atlas *atlas, uint32_t column, uint32_t row)
{
    uint64_t clusters = atlas->dots[column][row];
    int side = side_of(clusters, room_in(atlas));
    uint32_t inset = (uint32_t)(UNIT - side) / 2;

    fprintf(
        out,
        "<rect class=\"p%u\" x=\"%u\" y=\"%u\" width=\"%d\" height=\"%d\"><title>guest %s, file "
        "%s: %" PRIu64 " data</title></rect>\n",
        html_tint(row, atlas->rows.cells), column * UNIT + inset,
        (atlas->rows.cells - 1 - row) * UNIT + inset, side, side,
        HTML_SIZE(column * atlas_cell_size(atlas, &atlas->columns)),
        HTML_SIZE(row * atlas_cell_size(atlas, &atlas->rows)), clusters);
}

void html_dots(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;

    fprintf(
        out,
        "<svg class=\"dots\" role=\"img\" aria-label=\"Dot plot of guest position against place "
        "in the file; the table below has its numbers\" viewBox=\"0 0 %u %u\" "
        "preserveAspectRatio=\"none\">\n",
        atlas->columns.cells * UNIT, atlas->rows.cells * UNIT);
    for (uint32_t column = 0; column < atlas->columns.cells; column++) {
        for (uint32_t row = 0; row < atlas->rows.cells; row++) {
            if (atlas->dots[column][row])
                draw_dot(out, atlas, column, row);
        }
    }
    fprintf(out, "</svg>\n");
}

static void write_column(FILE *out, const struct atlas *atlas, uint32_t column)
{
    uint64_t row_size = atlas_cell_size(atlas, &atlas->rows), clusters = 0;
    uint32_t lowest = atlas->rows.cells, highest = 0;

    for (uint32_t row = 0; row < atlas->rows.cells; row++) {
        clusters += atlas->dots[column][row];
        if (atlas->dots[column][row]) {
            highest = row;
            lowest = lowest < row ? lowest : row;
        }
    }
    if (clusters == 0)
        return;
    fprintf(out, "<tr><th scope=\"row\">%s</th>",
            HTML_SIZE(column * atlas_cell_size(atlas, &atlas->columns)));
    html_td_count(out, clusters);
    html_td_size(out, lowest * row_size);
    html_td_size(out, highest * row_size);
    fprintf(out, "</tr>\n");
}

void html_dots_table(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;

    for (uint32_t column = 0; column < atlas->columns.cells; column++)
        write_column(out, atlas, column);
}
