/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_ARCHIVE_H
#define QEDSCRUB_ARCHIVE_H

#include <stdbool.h>

#include "base/failure.h"

/*
 * Opens a bundle named on the command line for reading: a regular file, never waited for. Returns
 * the descriptor, which the caller closes, or -1.
 */
int archive_open(const char *path, struct failure *why);

#endif
