/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_HTML_FLEET_PARTS_H
#define BUGREPORT_HTML_FLEET_PARTS_H

#include <stdio.h>

#include "bugreport/fleet.h"

/* What the page about a fleet is made from. */
struct fleet_page {
    const struct fleet *fleet;
    const size_t *order; /* entries, worst first */
    struct fleet_totals totals;
};

/* How many images get a row, and how many of them a part of their own. */
#define FLEET_ROWS  2000
#define FLEET_PARTS 200

/* The parts of the page; the subject is a struct fleet_page. */
void html_fleet_table(FILE *out, const void *page);
void html_fleet_details(FILE *out, const void *page);

/* Whether the entry with that place in the order has a part of its own, which a row links to. */
bool html_fleet_has_part(const struct fleet_page *page, size_t place);

/* The maps of a sketch, as small drawings. */
void html_sketch_guest(FILE *out, const char *map);
void html_sketch_file(FILE *out, const char *map);

#endif
