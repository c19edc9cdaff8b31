/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_TABLE_DEFLATE_H
#define BUGREPORT_PACK_TABLE_DEFLATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Deflate (RFC 1951) for tables of 8-byte words; table_deflate.c tells how. Correct for any bytes,
 * good for tables only. The pieces it makes end on a byte, refer to nothing before them and are not
 * marked as the last of a stream, so that they can be joined.
 */

/* The most bytes that one call takes. */
#define TABLE_DEFLATE_MOST ((size_t)256 * 1024)

/* Room for what it makes of size bytes: what they need stored, the joint, and a little to spare. */
#define TABLE_DEFLATE_ROOM(size) ((size) + ((size) / 65535 + 1) * 5 + 5 + 8)

/* The room an encoder needs while it works, a bit over 1 MiB; one for each thread. */
struct table_deflate;

struct table_deflate *table_deflate_new(void); /* NULL: no memory */
void table_deflate_free(struct table_deflate *encoder);

/*
 * Deflates size bytes to where TABLE_DEFLATE_ROOM(size) are free, and returns how many of them it
 * used: at most 5 for every 65535 bytes begun, and 5, more than size.
 */
size_t table_deflate(struct table_deflate *encoder, const unsigned char *bytes, size_t size,
                     unsigned char *to);

#endif
