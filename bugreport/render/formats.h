/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_FORMATS_H
#define BUGREPORT_RENDER_FORMATS_H

#include <stdio.h>

#include "bugreport/fleet.h"

/* What a rendering may depend on besides the fleet. */
struct render_options {
    unsigned width; /* columns of the terminal; 0: lines may be of any length */
};

/*
 * Writes a finished and judged fleet. An error of the stream is left in it for the caller to find;
 * -1 with *why filled where something else fails. LC_NUMERIC has to be "C".
 */
typedef int render_function(FILE *out, const struct fleet *fleet,
                            const struct render_options *options, struct failure *why);

struct format_row {
    const char *name; /* as in --output */
    render_function *render;
    const char *file_type; /* what it is, for people */
};

/* All formats of a fleet; the last row has no name. */
extern const struct format_row format_rows[];

/* The row of a format, NULL if there is none of that name. */
const struct format_row *format_find(const char *name);

render_function render_table;       /* for people: worst first, totals last */
render_function render_fleet_json;  /* one object, a record on each line */
render_function render_ndjson;      /* a record on each line, then the summary */
render_function render_csv;         /* RFC 4180, with a line of headings */
render_function render_junit;       /* the dialect of Jenkins, which GitLab reads too */
render_function render_openmetrics; /* gauges */
render_function render_markdown;    /* a summary and the worst images */
render_function render_fleet_html;  /* a page, see html.h */
render_function render_github;      /* annotations of a workflow run */

#endif
