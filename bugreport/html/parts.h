/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_HTML_PARTS_H
#define BUGREPORT_HTML_PARTS_H

#include <stdio.h>

#include "bugreport/record.h"

/*
 * The parts of a page about one record, in the order in which they follow one another. Each writes
 * nothing where the record has nothing to say. Prose is in templates/, figures are drawn here. The
 * subject is a struct record: these are functions of gaps, see template.h.
 */

void html_banner(FILE *out, const void *record);
void html_meaning(FILE *out, const void *record);
void html_pictures(FILE *out, const void *record);
void html_findings(FILE *out, const void *record);
void html_copy(FILE *out, const void *record);
void html_host(FILE *out, const void *record);

/* Rows of a table of all figures. */
void html_figures(FILE *out, const void *record);

/* Of the pictures: those that have a file of their own. */
void html_dots(FILE *out, const void *record);
void html_dots_table(FILE *out, const void *record);
void html_guest(FILE *out, const void *record);
void html_guest_table(FILE *out, const void *record);
void html_file(FILE *out, const void *record);
void html_file_legend(FILE *out, const void *record);
void html_file_table(FILE *out, const void *record);
void html_runs(FILE *out, const void *record);
void html_worst(FILE *out, const void *record);

/*
 * Shares a height of HTML_TALL units out among up to ten values, in proportion to the whole, but
 * some to each that is not 0: what is rare must be seen.
 */
#define HTML_TALL 10
void html_stack(const uint64_t *values, int count, uint64_t whole, int *heights);

#define HTML_MAP_COLUMNS 64

/* Begins and ends the drawing of a map of so many cells, HTML_TALL units square each. */
void html_map_begin(FILE *out, const char *label, uint32_t cells);
void html_map_end(FILE *out);

/*
 * Draws a part of each of the cells from first up to end, height units tall from y on in the first
 * one: one outline for each, in one path for all.
 */
void html_map_cells(FILE *out, const char *class, uint32_t first, uint32_t end, int y, int height);

/* Which of the eight colours the cell of an axis of the file has. */
unsigned html_tint(uint64_t cell, uint32_t cells);

#endif
