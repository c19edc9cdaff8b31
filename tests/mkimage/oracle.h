/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_ORACLE_H
#define MKIMAGE_ORACLE_H

#include "corrupt.h"

/*
 * Writes, as JSON, what a leak oracle must know of a damaged image:
 *   "metadata"     [[offset, size], ...]  what was metadata before the damage: the header's 64
 *                                         bytes, L1, the L2 tables
 *   "overwritten"  [[offset, size], ...]  what guest data went over afterwards, tables most of all
 *   "planted"      [[offset, "hex"], ...] words that the damage put there
 *   "guest"        [[offset, size], ...]  data clusters and leaked clusters, filled if asked for
 * A word of a scrubbed copy that is not 0, 1, a marker or in the header, is the source's word at
 * its place, is not planted, and lies outside "metadata" or inside "overwritten", is a leak.
 */
bool oracle_write(const char *path, const struct damage *damage);

#endif
