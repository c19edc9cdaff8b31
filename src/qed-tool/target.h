/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_TARGET_H
#define QED_TOOL_TARGET_H

#include "qed-tool/pick.h"
#include "qed-tool/request.h"

/*
 * Chooses the element that is to be overwritten: the one that the request names, or else one at
 * random. Random ones are taken from those that hold no offset as long as there are any, first
 * inside the image, so that nothing leaks and a corruption is all that is added.
 */
int target_choose(struct source *source, const struct audit *audit, struct request *request,
                  struct element *target, struct failure *why);

/* Notes what becomes of an element. */
int target_note(struct plan *plan, const struct audit *audit, const struct element *target,
                uint64_t value, struct failure *why);

#endif
