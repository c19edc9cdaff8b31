/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_PROPOSAL_H
#define QED_TOOL_PROPOSAL_H

#include "qed-tool/request.h"

/* What a write command is going to do, and what qemu-img check says before and after it. */
struct proposal {
    const struct request *request;
    struct plan plan;             /* finished */
    struct audit *before, *after; /* `after` is NULL where nothing is to be written */
};

/*
 * Audits the image, plans, and audits the image as the plan will leave it: all in memory, nothing
 * is written. With must_corrupt a plan after which qemu-img check does not count more corruptions
 * is drawn again, or refused where there is nothing to draw. Refuses an image whose header is not
 * sound. proposal_free() is due even if this fails.
 */
int proposal_make(struct proposal *proposal, struct source *source, planner *plan,
                  struct request *request, bool must_corrupt, struct failure *why);

void proposal_free(struct proposal *proposal);

/* Refuses an image that has no sound header, with the reason. */
int proposal_gate(const struct audit *audit, struct failure *why);

#endif
