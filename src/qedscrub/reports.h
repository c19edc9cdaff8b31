/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_REPORTS_H
#define QEDSCRUB_REPORTS_H

#include "base/output.h"
#include "bugreport/fleet.h"
#include "qedscrub/options.h"

/*
 * The reports that a run is to give: one on standard output, and a file for each --report. Files
 * are begun before the work, so that a name that cannot be had ends a run before it starts, and
 * are there in full or not at all.
 */
struct reports {
    const struct options *options;
    const struct format_row *format; /* of standard output */
    struct render_options render;
    struct output_options output_options;
    struct output *outputs[MAX_REPORTS];
};

/*
 * Begins all of them. inputs are files that none of them may replace, and must live as long as the
 * reports. reports_discard() is due even if this fails.
 */
int reports_open(struct reports *reports, const struct options *options, const struct stat *inputs,
                 size_t input_count, struct failure *why);

/* Renders a finished and judged fleet: to out what standard output is to get, and to the files. */
int reports_render(struct reports *reports, const struct fleet *fleet, FILE *out,
                   struct failure *why);

/* Gives all files their names. */
int reports_commit(struct reports *reports, struct failure *why);

void reports_discard(struct reports *reports);

/* The exit status for a judged fleet by the options, incompleteness left aside. */
int reports_status(const struct options *options, const struct fleet *fleet);

#endif
