/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_HTML_H
#define BUGREPORT_RENDER_HTML_H

#include "bugreport/record.h"

/*
 * The record as one page of HTML that needs no network and runs no script, with maps where the
 * record has an atlas. The caller frees the text. NULL: out of memory.
 */
char *render_html(const struct record *record, struct failure *why);

#endif
