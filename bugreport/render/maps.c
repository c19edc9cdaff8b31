/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/maps.h"

#include <inttypes.h>

#include "bugreport/render/text.h"

#define LABEL_WIDTH   12
#define LEAST_COLUMNS 16u
#define LEVELS        8

/* Colours of the 256 that terminals have. */
enum colour {
    NO_COLOUR = 0,
    YELLOW = 178,
    RED = 196,
    BLUE = 67,
    CYAN = 44,
    MAGENTA = 170,
};

/* From the start to the end of the file; dark to light, as on pages. */
static const unsigned char places[] = {61, 67, 31, 37, 36, 71, 148, 220};

#define PLACES (sizeof(places) / sizeof(places[0]))

/* How full a cell is, without and with UTF-8. */
static const char *const levels_ascii[LEVELS] = {".", ":", "-", "=", "+", "*", "%", "#"};
static const char *const levels_utf8[LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

struct canvas {
    FILE *out;
    const struct atlas *atlas;
    const struct text_style *style;
    uint32_t columns;
    unsigned colour; /* in force */
};

static void set_colour(struct canvas *canvas, unsigned colour)
{
    if (!canvas->style->colour || canvas->colour == colour)
        return;
    if (colour)
        fprintf(canvas->out, "\033[38;5;%um", colour);
    else
        fprintf(canvas->out, "\033[0m");
    canvas->colour = colour;
}

static void put(struct canvas *canvas, const char *glyph, unsigned colour)
{
    set_colour(canvas, colour);
    fputs(glyph, canvas->out);
}

static const char *glyph_of_level(const struct canvas *canvas, uint64_t part, uint64_t whole)
{
    uint64_t level = part >= whole ? LEVELS - 1 : (uint64_t)((double)part / (double)whole * LEVELS);

    return canvas->style->utf8 ? levels_utf8[level] : levels_ascii[level];
}

static void put_guest(struct canvas *canvas, uint32_t index)
{
    const struct atlas *atlas = canvas->atlas;
    const struct atlas_guest *cell = &atlas->guest_cells[index];

    if (cell->invalid > 0)
        put(canvas, "x", RED);
    else if (cell->unreadable > 0)
        put(canvas, "?", RED);
    else if (cell->data > 0)
        put(canvas, glyph_of_level(canvas, cell->data, atlas_cell_clusters(&atlas->guest, index)),
            places[cell->places / cell->data * PLACES / atlas->file.cells]);
    else if (cell->zero > 0)
        put(canvas, "0", NO_COLOUR);
    else
        put(canvas, canvas->style->utf8 ? "·" : " ", NO_COLOUR);
}

/* How cells of the file are shown, what is worth notice first. */
static const struct {
    enum atlas_use use;
    const char *glyph;
    unsigned colour;
    const char *name;
} uses[] = {
    {ATLAS_TWICE, "x", RED, "referred to more than once"},
    {ATLAS_LEAKED, "?", YELLOW, "leaked"},
    {ATLAS_HEADER, "H", NO_COLOUR, "header"},
    {ATLAS_L1, "1", MAGENTA, "L1 table"},
    {ATLAS_L2, "2", CYAN, "L2 tables"},
};

#define USES (sizeof(uses) / sizeof(uses[0]))

static void put_file(struct canvas *canvas, uint32_t index)
{
    const struct atlas *atlas = canvas->atlas;
    uint64_t data = atlas->file_cells[ATLAS_DATA][index];

    for (size_t i = 0; i < USES; i++) {
        uint64_t count = atlas->file_cells[uses[i].use][index];

        /* Tables are everywhere among the data: they are shown where they prevail. */
        if (count == 0 || (uses[i].use == ATLAS_L2 && count < data))
            continue;
        put(canvas, uses[i].glyph, uses[i].colour);
        return;
    }
    put(canvas, glyph_of_level(canvas, data, atlas_cell_clusters(&atlas->file, index)), BLUE);
}

static void put_rows(struct canvas *canvas, const struct atlas_axis *axis,
                     void (*put_cell)(struct canvas *, uint32_t))
{
    char size[TEXT_SIZE_SIZE];

    for (uint32_t index = 0; index < axis->cells; index++) {
        if (index % canvas->columns == 0)
            fprintf(canvas->out, "%*s ", LABEL_WIDTH - 1,
                    text_short_size(size, index * atlas_cell_size(canvas->atlas, axis)));
        put_cell(canvas, index);
        if (index % canvas->columns == canvas->columns - 1 || index == axis->cells - 1) {
            set_colour(canvas, NO_COLOUR);
            fputs("\n", canvas->out);
        }
    }
}

static void put_heading(struct canvas *canvas, const char *what, const struct atlas_axis *axis)
{
    char size[TEXT_SIZE_SIZE];

    fprintf(canvas->out, "\n%s%s%s: a character is %s\n", style_tone(canvas->style, TONE_HEADING),
            what, style_tone(canvas->style, TONE_END),
            text_short_size(size, atlas_cell_size(canvas->atlas, axis)));
}

static void put_guest_legend(struct canvas *canvas)
{
    fprintf(canvas->out, "  ");
    for (unsigned i = 0; i < LEVELS; i++)
        put(canvas, canvas->style->utf8 ? levels_utf8[i] : levels_ascii[i], places[i]);
    set_colour(canvas, NO_COLOUR);
    fprintf(canvas->out, " data, a little to all of it%s\n  ",
            canvas->style->colour ? "; colour: from the start to the end of the file" : "");
    put(canvas, "x", RED);
    set_colour(canvas, NO_COLOUR);
    fprintf(canvas->out, " invalid elements   ");
    put(canvas, "?", RED);
    set_colour(canvas, NO_COLOUR);
    fprintf(canvas->out, " cannot be read   0 zero clusters   %s never written\n",
            canvas->style->utf8 ? "·" : "(blank)");
}

static void put_file_legend(struct canvas *canvas)
{
    for (size_t i = USES; i-- > 0;) {
        fprintf(canvas->out, "  ");
        put(canvas, uses[i].glyph, uses[i].colour);
        set_colour(canvas, NO_COLOUR);
        fprintf(canvas->out, " %s", uses[i].name);
    }
    fprintf(canvas->out, "\n  ");
    put(canvas, canvas->style->utf8 ? levels_utf8[LEVELS - 1] : levels_ascii[LEVELS - 1], BLUE);
    set_colour(canvas, NO_COLOUR);
    fprintf(canvas->out, " data\n");
    if (canvas->atlas->beyond)
        fprintf(canvas->out, "  and %" PRIu64 " %s past the end of the file\n",
                canvas->atlas->beyond,
                canvas->atlas->beyond == 1 ? "element that points" : "elements that point");
}

/* The largest power of two that leaves room for labels. */
static uint32_t columns_for(unsigned width)
{
    uint32_t columns = LEAST_COLUMNS;

    while (columns * 2 + LABEL_WIDTH <= width && columns < ATLAS_CELLS)
        columns *= 2;
    return columns;
}

void render_maps(FILE *out, const struct atlas *atlas, const struct text_style *style)
{
    struct canvas canvas = {out, atlas, style, columns_for(style->width), NO_COLOUR};

    put_heading(&canvas, "The guest's disk", &atlas->guest);
    put_rows(&canvas, &atlas->guest, put_guest);
    put_guest_legend(&canvas);
    put_heading(&canvas, "The file", &atlas->file);
    put_rows(&canvas, &atlas->file, put_file);
    put_file_legend(&canvas);
}
