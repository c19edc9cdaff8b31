/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_BUNDLE_H
#define BUGREPORT_PACK_BUNDLE_H

#include "base/meter.h"
#include "bugreport/pack/tarball.h"
#include "bugreport/record.h"

/*
 * The bundle: what goes into the archive, in which order. README.txt, ISSUE.md, report.txt,
 * report.json, report.html, image.qed, manifest.json; small members come first, so that they can be
 * read without going through the image.
 */
struct bundle_options {
    enum tarball_filter filter;
    struct gzip_options gzip;
    const char *label;   /* the folder that all members are in */
    int64_t time;        /* of all members, in seconds */
    struct meter *meter; /* NULL, or to be told how far the image is */
};

/* What a bundle holds. */
struct bundle_inventory {
    struct {
        const char *name;
        uint64_t size, data_size; /* bytes; the second without holes */
    } members[8];
    size_t count;
};

/*
 * Writes a bundle into the sink and lists its members. scrub is NULL where no copy can be made: a
 * bundle of reports only. Fails also if the source turns out to be another than the one the record
 * was made of.
 */
int bundle_write(struct sink *sink, const struct bundle_options *options,
                 const struct record *record, struct scrub *scrub,
                 struct bundle_inventory *inventory, struct failure *why);

#endif
