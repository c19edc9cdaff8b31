/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/sketch.h"

#include <string.h>

#define EIGHTHS 8

/* How many cells of an axis make one character. */
static uint32_t cells_each(const struct atlas_axis *axis)
{
    uint32_t each = 1;

    while ((axis->cells + each - 1) / each > SKETCH_CELLS)
        each *= 2;
    return each;
}

static char guest_character(const struct atlas *atlas, uint32_t first, uint32_t end)
{
    struct atlas_guest sum = {0};
    uint64_t clusters = 0, eighths;

    for (uint32_t i = first; i < end; i++) {
        sum.data += atlas->guest_cells[i].data;
        sum.zero += atlas->guest_cells[i].zero;
        sum.invalid += atlas->guest_cells[i].invalid;
        sum.unreadable += atlas->guest_cells[i].unreadable;
        clusters += atlas_cell_clusters(&atlas->guest, i);
    }
    if (sum.invalid)
        return 'x';
    if (sum.unreadable)
        return '?';
    if (sum.data == 0)
        return sum.zero ? 'z' : '.';
    eighths = (uint64_t)((double)sum.data * EIGHTHS / (double)clusters + 0.5);
    return (char)('0' + (eighths == 0 ? 1 : eighths > EIGHTHS ? EIGHTHS : eighths));
}

static char file_character(const struct atlas *atlas, uint32_t first, uint32_t end)
{
    uint64_t sums[ATLAS_USES] = {0};

    for (uint32_t i = first; i < end; i++) {
        for (int use = 0; use < ATLAS_USES; use++)
            sums[use] += atlas->file_cells[use][i];
    }
    if (sums[ATLAS_TWICE])
        return 't';
    if (sums[ATLAS_LEAKED])
        return 'l';
    if (sums[ATLAS_HEADER])
        return 'h';
    if (sums[ATLAS_L1])
        return '1';
    return sums[ATLAS_L2] > sums[ATLAS_DATA] ? '2' : 'd';
}

static void draw(char *text, const struct atlas *atlas, const struct atlas_axis *axis,
                 char (*character)(const struct atlas *, uint32_t, uint32_t))
{
    uint32_t each = cells_each(axis);

    for (uint32_t first = 0; first < axis->cells; first += each) {
        uint32_t end = first + each < axis->cells ? first + each : axis->cells;

        *text++ = character(atlas, first, end);
    }
    *text = '\0';
}

void sketch_make(struct sketch *sketch, const struct atlas *atlas)
{
    draw(sketch->guest, atlas, &atlas->guest, guest_character);
    draw(sketch->file, atlas, &atlas->file, file_character);
}

static bool consists_of(const char *text, const char *characters)
{
    size_t length = strspn(text, characters);

    return !text[length] && length <= SKETCH_CELLS;
}

bool sketch_is_guest(const char *text)
{
    return consists_of(text, ".12345678zx?");
}

bool sketch_is_file(const char *text)
{
    return consists_of(text, "h12dlt");
}
