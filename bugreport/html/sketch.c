/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "bugreport/html/fleet_parts.h"

#define TALL 8 /* units; a cell is one unit wide */

/* How a character is drawn: from the bottom, so many units high. */
struct look {
    const char *class;
    int height;
};

static struct look look_of_guest(char character)
{
    if (character >= '1' && character <= '8')
        return (struct look){"data", character - '0'};
    if (character == 'z')
        return (struct look){"zero", TALL};
    if (character == 'x')
        return (struct look){"broken", TALL};
    return (struct look){character == '?' ? "unread" : "hole", TALL};
}

static struct look look_of_file(char character)
{
    static const char characters[] = "h12dlt";
    static const char *const classes[] = {"header", "l1", "l2", "data", "leaked", "twice"};

    return (struct look){classes[strchr(characters, character) - characters], TALL};
}

/* Draws a map; neighbours that look the same are one rectangle. */
static void draw(FILE *out, const char *label, const char *map, struct look (*look_of)(char))
{
    size_t length = strlen(map);

    if (length == 0)
        return;
    fprintf(out,
            "<svg class=\"sketch\" role=\"img\" aria-label=\"%s: %s\" viewBox=\"0 0 %zu %d\" "
            "preserveAspectRatio=\"none\"><rect class=\"hole\" width=\"%zu\" height=\"%d\"/>",
            label, map, length, TALL, length, TALL);
    for (size_t i = 0, next; i < length; i = next) {
        struct look look = look_of(map[i]);

        next = i + strspn(map + i, (char[]){map[i], '\0'});
        if (strcmp(look.class, "hole") != 0)
            fprintf(out, "<rect class=\"%s\" x=\"%zu\" y=\"%d\" width=\"%zu\" height=\"%d\"/>",
                    look.class, i, TALL - look.height, next - i, look.height);
    }
    fprintf(out, "</svg>");
}

void html_sketch_guest(FILE *out, const char *map)
{
    draw(out, "guest's disk", map, look_of_guest);
}

void html_sketch_file(FILE *out, const char *map)
{
    draw(out, "file", map, look_of_file);
}
