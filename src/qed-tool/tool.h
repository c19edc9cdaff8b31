/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_TOOL_H
#define QED_TOOL_TOOL_H

#include <jansson.h>

#include "qed-tool/options.h"
#include "qed-tool/request.h"
#include "qed/map.h"

/* What the commands share. */

/* The commands; see struct command. */
int cmd_show(const struct options *options, struct failure *why);
int cmd_fragcheck(const struct options *options, struct failure *why);
int cmd_copy_metadata(const struct options *options, struct failure *why);
int cmd_need_check(const struct options *options, struct failure *why);
int cmd_duplicate(const struct options *options, struct failure *why);
int cmd_invalidate(const struct options *options, struct failure *why);
int cmd_zerocluster(const struct options *options, struct failure *why);
int cmd_undo(const struct options *options, struct failure *why);

/* The part of show that prints a table, given the header. */
int show_table(const struct options *options, struct source *source, const struct header *header,
               struct failure *why);

/* The part of show that prints the header. */
int show_header(const struct options *options, struct source *source, const struct header *header,
                struct failure *why);

/* Opens an image for a command that only reads it; refuses one in use, unless told to go on. */
int open_to_read(struct map **map, const struct options *options, struct failure *why);

/*
 * Opens the image for writing, plans, tells what is going to happen, and does it, as the options
 * say: the whole of a write command.
 */
int run_edit(const struct options *options, planner *plan, struct request *request,
             bool must_corrupt, struct failure *why);

/* Takes level, --at and the random numbers of a request from the command line. */
int request_element(const struct options *options, struct request *request, struct failure *why);

/* Prints a value to standard output, and frees it. */
int print_json(json_t *value, struct failure *why);

#endif
