/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RECORD_BYTES_H
#define BUGREPORT_RECORD_BYTES_H

#include "bugreport/record.h"

/*
 * A record as bytes, on its way from the process that examined an image to the one that asked for
 * it, both of one program: no format to be kept anywhere. JSON would say the same, but is built,
 * written and parsed in a tenth of the time that an audit of a small image takes.
 *
 * What a record has in a bundle alone, copy and environment, and its atlas are left out.
 */

/* The record's bytes, to be freed by the caller; NULL: out of memory. */
unsigned char *record_to_bytes(const struct record *record, size_t *size, struct failure *why);

/*
 * Reads them. They come from a process that read untrusted bytes, and are believed as little: all
 * of them must be there, every one in its range and every text one that can be shown.
 * record_free() is due either way.
 */
int record_from_bytes(struct record *record, const unsigned char *bytes, size_t size,
                      struct failure *why);

#endif
