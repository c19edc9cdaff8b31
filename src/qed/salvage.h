/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SALVAGE_H
#define QED_SALVAGE_H

#include "qed/source.h"

/*
 * Reads size bytes at offset of a file into bytes with system calls, which tell how far they came,
 * and goes on behind what cannot be read. That is zeros then, and is entered in
 * source->unreadable; what is there already is not tried again. -1 only if memory ran out.
 */
int salvage_read(struct source *source, int fd, uint64_t offset, unsigned char *bytes, size_t size,
                 struct failure *why);

#endif
