/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_ANNOUNCE_H
#define QED_TOOL_ANNOUNCE_H

#include "qed-tool/edit.h"
#include "qed-tool/options.h"
#include "qed-tool/proposal.h"

/* Tells a person what is going to be done, before it is done. */
void announce(const struct options *options, const struct proposal *proposal);

/* Tells what came of it, and how to undo it; failures are told by main. */
void announce_outcome(const struct options *options, const struct proposal *proposal);

/* All of it as one JSON value, for --output=json. */
int announce_json(const struct options *options, const struct proposal *proposal,
                  struct failure *why);

/*
 * Adds to a failure whether the image was changed, and tells how to undo what was. Where nothing
 * was changed proposal may be NULL.
 */
void announce_failure(const struct options *options, const struct proposal *proposal,
                      enum edit_outcome outcome, struct failure *why);

#endif
