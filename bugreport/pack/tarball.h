/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_TARBALL_H
#define BUGREPORT_PACK_TARBALL_H

#include "bugreport/pack/gzip.h"
#include "qed/extents.h"

/*
 * A tar archive in pax format, the only one that libarchive writes sparse. Nobody else sees
 * libarchive, which drops ranges that are out of order without a word, pads members that were given
 * too little, and keeps its errors to itself; here such things are failures.
 */
struct tarball;

enum tarball_filter { TARBALL_NONE, TARBALL_GZIP, TARBALL_ZSTD, TARBALL_XZ };

/* The filter that a file name asks for by its ending; .tar.gz where it says nothing. */
enum tarball_filter tarball_filter_of(const char *path);

struct tarball_options {
    enum tarball_filter filter;
    struct gzip_options gzip; /* for that filter */
    const char *prefix;       /* members will be named prefix/NAME, */
    int64_t mtime;            /* and bear this time, in seconds */
};

int tarball_open(struct tarball **tarball, struct sink *sink, const struct tarball_options *options,
                 struct failure *why);

/* Adds a regular file. */
int tarball_add(struct tarball *tarball, const char *name, const void *bytes, size_t size,
                struct failure *why);

/*
 * Begins a sparse file of size bytes that holds data in the given sorted ranges, which must stay
 * meanwhile. Then their bytes follow, in order, by tarball_data(); tarball_end_sparse() sees that
 * all of them came, and gives their SHA-256 in hex.
 */
int tarball_begin_sparse(struct tarball *tarball, const char *name, uint64_t size,
                         const struct extents *ranges, struct failure *why);
int tarball_data(struct tarball *tarball, uint64_t offset, const void *bytes, size_t size,
                 struct failure *why);

/*
 * Where the next data can be put, at most *size bytes, so that tarball_data() of them there, the
 * next call, copies nothing; NULL where there is no such place. -1: failed.
 */
int tarball_room(struct tarball *tarball, unsigned char **room, size_t *size, struct failure *why);

int tarball_end_sparse(struct tarball *tarball, char hex[SINK_HEX_SIZE], struct failure *why);

/* Writes what is left; tarball_free() is due afterwards. */
int tarball_finish(struct tarball *tarball, struct failure *why);
void tarball_free(struct tarball *tarball);

/* The library that writes archives and those that it uses, with their versions. */
const char *tarball_library(void);

#endif
