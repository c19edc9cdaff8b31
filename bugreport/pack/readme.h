/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_README_H
#define BUGREPORT_PACK_README_H

#include "bugreport/record.h"

/* The bundle's README.txt, to be freed by the caller; NULL if memory ran out. */
char *readme_text(const struct record *record, const char *label, struct failure *why);

#endif
