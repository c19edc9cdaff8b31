/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_DIFF_H
#define BUGREPORT_RENDER_DIFF_H

#include <stdio.h>

#include "bugreport/compare.h"
#include "qed/changes.h"

/* What is to be said of two states of an image, or of two runs. */
struct diff {
    const char *before, *after;            /* names, any bytes */
    const struct comparison *record;       /* of two images; NULL: of two runs */
    const struct changes *changes;         /* NULL: tables were not compared */
    const char *not_compared;              /* why they were not */
    uint32_t cluster_size;                 /* bytes, for changes */
    const struct fleet_comparison *images; /* of two runs */
};

/* Whether there is no difference. */
bool diff_is_same(const struct diff *diff);

/* For people. */
void render_diff_text(FILE *out, const struct diff *diff);

/* By schema/diff-1.schema.json, with a newline; -1: out of memory. */
int render_diff_json(FILE *out, const struct diff *diff, struct failure *why);

#endif
