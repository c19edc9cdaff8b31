/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"

enum { DATA, ZERO, INVALID, UNREADABLE, KINDS };

static bool is_hole(const struct atlas_guest *cell)
{
    return cell->data + cell->zero + cell->invalid + cell->unreadable == 0;
}

/* Where in the file the data of a cell lie on average: a cell of the file. */
static uint64_t mean_place(const struct atlas_guest *cell)
{
    return cell->data ? cell->places / cell->data : 0;
}

static void draw_parts(FILE *out, const struct atlas *atlas, uint32_t index)
{
    static const char *const classes[] = {"", "zero", "broken", "unread"};
    const struct atlas_guest *cell = &atlas->guest_cells[index];
    const uint64_t values[KINDS] = {cell->data, cell->zero, cell->invalid, cell->unreadable};
    int heights[KINDS], y = (int)(index / HTML_MAP_COLUMNS + 1) * HTML_TALL;

    html_stack(values, KINDS, atlas_cell_clusters(&atlas->guest, index), heights);
    for (int kind = 0; kind < KINDS; kind++) {
        char tint[] = {'p', (char)('0' + html_tint(mean_place(cell), atlas->file.cells)), '\0'};

        y -= heights[kind];
        if (heights[kind])
            html_map_cells(out, kind == DATA ? tint : classes[kind], index, index + 1, y,
                           heights[kind]);
    }
}

static void draw_cell(FILE *out, const struct atlas *atlas, uint32_t index)
{
    const struct atlas_guest *cell = &atlas->guest_cells[index];

    fprintf(out,
            "<g><title>guest %s: %" PRIu64 " data, %" PRIu64 " zero, %" PRIu64 " invalid; %" PRIu64
            " fragmented",
            HTML_SIZE(index * atlas_cell_size(atlas, &atlas->guest)), cell->data, cell->zero,
            cell->invalid, cell->fragments);
    if (cell->data)
        fprintf(out, "; near %s of the file",
                HTML_SIZE(mean_place(cell) * atlas_cell_size(atlas, &atlas->file)));
    if (cell->unreadable)
        fprintf(out, "; %" PRIu64 " cannot be read", cell->unreadable);
    fprintf(out, "</title>");
    draw_parts(out, atlas, index);
    fprintf(out, "</g>\n");
}

void html_guest(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;

    html_map_begin(out, "Map of the guest's disk; the table below has its numbers",
                   atlas->guest.cells);
    for (uint32_t i = 0; i < atlas->guest.cells; i++) {
        if (!is_hole(&atlas->guest_cells[i]))
            draw_cell(out, atlas, i);
    }
    html_map_end(out);
}

static void add(struct atlas_guest *to, const struct atlas_guest *from)
{
    to->data += from->data;
    to->zero += from->zero;
    to->invalid += from->invalid;
    to->unreadable += from->unreadable;
    to->fragments += from->fragments;
}

static void write_stretch(FILE *out, const struct atlas *atlas, uint32_t first, uint32_t end,
                          const struct atlas_guest *sum)
{
    uint64_t size = atlas_cell_size(atlas, &atlas->guest);
    uint64_t disk = atlas->guest.clusters * atlas->cluster_size;

    fprintf(out, "<tr><th scope=\"row\">%s</th><td class=\"text\">%s</td>", HTML_SIZE(first * size),
            HTML_SIZE(end * size < disk ? end * size : disk));
    html_td_count(out, sum->data);
    html_td_count(out, sum->zero);
    html_td_count(out, sum->invalid);
    html_td_count(out, sum->unreadable);
    html_td_count(out, sum->fragments);
    fprintf(out, "</tr>\n");
}

/* Neighbours that say the same share a row. */
void html_guest_table(FILE *out, const void *subject)
{
    const struct atlas *atlas = ((const struct record *)subject)->atlas;
    const struct atlas_guest *cells = atlas->guest_cells;

    for (uint32_t i = 0, next; i < atlas->guest.cells; i = next) {
        struct atlas_guest sum = cells[i];
        struct atlas_guest like = cells[i];

        for (next = i + 1; next < atlas->guest.cells; next++) {
            like.places = cells[next].places;
            if (memcmp(&like, &cells[next], sizeof(like)) != 0)
                break;
            add(&sum, &cells[next]);
        }
        write_stretch(out, atlas, i, next, &sum);
    }
}
