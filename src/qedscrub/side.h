/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_SIDE_H
#define QEDSCRUB_SIDE_H

#include "bugreport/fleet.h"
#include "bugreport/unpack/contents.h"
#include "qed/changes.h"
#include "qedscrub/image.h"

/* What a comparison has on one side: an image, a bundle, or a file with records. */
enum side_kind { SIDE_IMAGE, SIDE_BUNDLE, SIDE_RECORDS };

struct side {
    const char *path;
    enum side_kind kind;
    int fd;                   /* of a bundle */
    FILE *file;               /* of records */
    struct image image;       /* of an image */
    const char *reading;      /* the phase in which a bundle is read; NULL: nobody looks */
    struct contents contents; /* of a bundle */
    struct audit audit;       /* of the image in a bundle */
    uint64_t *suspect;        /* offsets of its tables with stand-ins, sorted */
    size_t suspect_count;
    struct fleet fleet;           /* of records */
    struct record record;         /* of an image or bundle */
    const struct record *current; /* its only record; NULL: it has none, or several */
};

/*
 * Opens what a path names, by its first bytes. Status as image_open(). side_close() is due either
 * way.
 */
int side_open(struct side *side, const char *path, const struct options *options,
              struct failure *why);

/* From when side_load() reads a bundle the progress tells how far that is, in a phase of its own.
 */
void side_watch(struct side *side, const char *phase, const struct options *options);

/* Reads it: the record or records, and the tables as far as there are any. */
int side_load(struct side *side, const struct options *options, struct failure *why);

/* The tables that were read, for changes_find(); false, with *what the reason, if there are none.
 */
bool side_tables(struct side *side, struct changes_side *tables, const char **what);

/* Frees what side_load() read. */
void side_unload(struct side *side);

void side_close(struct side *side);

#endif
