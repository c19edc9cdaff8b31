/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_GZIP_H
#define BUGREPORT_PACK_GZIP_H

#include "bugreport/pack/sink.h"

/*
 * One gzip member, written to a sink: no name, no time, so that the same bytes in give the same
 * bytes out. Level 1 of zlib: on tables it is ten times as fast as the usual 6, and as small.
 */
struct gzip;

int gzip_open(struct gzip **gzip, struct sink *sink, struct failure *why);
int gzip_write(struct gzip *gzip, const void *bytes, size_t size, struct failure *why);

/* Writes what is left; gzip_free() is due afterwards. */
int gzip_finish(struct gzip *gzip, struct failure *why);
void gzip_free(struct gzip *gzip);

#endif
