/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_OVERLAY_H
#define QED_TOOL_OVERLAY_H

#include "qed-tool/plan.h"
#include "qed/source.h"

/*
 * An image as it will be when a plan has been carried out: a source that lays the plan's bytes over
 * those of another source. What an audit finds in it is what it will find in the file.
 */
struct overlay {
    struct source source; /* use it through source_data(), source_range() */
    struct source *below;
    const struct plan *plan; /* finished; its writes lie inside the source */
    unsigned char *chunk;
};

/* Both must live as long as the overlay. overlay_free() is due even if this fails. */
int overlay_init(struct overlay *overlay, struct source *below, const struct plan *plan,
                 struct failure *why);

void overlay_free(struct overlay *overlay);

#endif
