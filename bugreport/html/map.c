/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/html/parts.h"

#define ROW_HEIGHT 24 /* pixels */
#define LEAST      2  /* of HTML_TALL: what can be seen */
#define TINTS      8

static int sum_of(const int *heights, int count)
{
    int sum = 0;

    for (int i = 0; i < count; i++)
        sum += heights[i];
    return sum;
}

static int *tallest(int *heights, int count)
{
    int *found = heights;

    for (int i = 1; i < count; i++) {
        if (heights[i] > *found)
            found = &heights[i];
    }
    return found;
}

void html_stack(const uint64_t *values, int count, uint64_t whole, int *heights)
{
    for (int i = 0; i < count; i++) {
        double share = (double)values[i] * HTML_TALL / (double)whole;

        heights[i] = share > HTML_TALL ? HTML_TALL : (int)(share + 0.5);
        if (values[i] > 0 && heights[i] < LEAST)
            heights[i] = LEAST;
    }
    while (sum_of(heights, count) > HTML_TALL)
        --*tallest(heights, count);
}

void html_map_begin(FILE *out, const char *label, uint32_t cells)
{
    uint32_t columns = cells < HTML_MAP_COLUMNS ? cells : HTML_MAP_COLUMNS;
    uint32_t rows = (cells + HTML_MAP_COLUMNS - 1) / HTML_MAP_COLUMNS;
    uint32_t last = cells - (rows - 1) * HTML_MAP_COLUMNS;

    fprintf(out,
            "<svg class=\"cell\" role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %u %u\" "
            "preserveAspectRatio=\"none\" height=\"%u\">\n",
            label, columns * HTML_TALL, rows * HTML_TALL, rows * ROW_HEIGHT);
    if (rows > 1)
        fprintf(out, "<rect class=\"hole\" width=\"%u\" height=\"%u\"/>\n", columns * HTML_TALL,
                (rows - 1) * HTML_TALL);
    fprintf(out, "<rect class=\"hole\" y=\"%u\" width=\"%u\" height=\"%d\"/>\n",
            (rows - 1) * HTML_TALL, last * HTML_TALL, HTML_TALL);
}

void html_map_end(FILE *out)
{
    fprintf(out, "</svg>\n");
}

void html_map_cells(FILE *out, const char *class, uint32_t first, uint32_t end, int y, int height)
{
    char outline[64];

    snprintf(outline, sizeof(outline), "h%dv%dh-%dz", HTML_TALL, height, HTML_TALL);
    fprintf(out, "<path class=\"%s\" d=\"M%u %d%s", class, first % HTML_MAP_COLUMNS * HTML_TALL, y,
            outline);
    for (uint32_t cell = first + 1; cell < end; cell++) {
        if (cell % HTML_MAP_COLUMNS == 0)
            fprintf(out, "m%d %d", -(HTML_MAP_COLUMNS - 1) * HTML_TALL, HTML_TALL);
        else
            fprintf(out, "m%d 0", HTML_TALL);
        fputs(outline, out);
    }
    fprintf(out, "\"/>");
}

unsigned html_tint(uint64_t cell, uint32_t cells)
{
    return (unsigned)(cell * TINTS / cells);
}
