/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_ISSUE_H
#define BUGREPORT_PACK_ISSUE_H

#include "bugreport/record.h"

/*
 * The bundle's ISSUE.md, a draft for QEMU's tracker, to be freed by the caller; NULL if memory ran
 * out.
 */
char *issue_text(const struct record *record, const char *label, struct failure *why);

#endif
