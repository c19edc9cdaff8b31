/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_FLEET_READ_H
#define BUGREPORT_FLEET_READ_H

#include <stdio.h>

#include "bugreport/fleet.h"

/*
 * Reading record files: JSON values one behind the other, each a record, a summary or a fleet with
 * both. So the output of an audit as JSON or NDJSON, a report.json, and any of them concatenated
 * are record files.
 */

/* No value is read that takes more bytes; hostile ones must not fill the memory. */
#define FLEET_READ_LIMIT (64u << 20)

/* What was read; zeroed before the first of several files. */
struct fleet_source {
    uint64_t records; /* in all files */
    uint64_t whole;   /* bytes of the last file up to the end of its last whole value */
    bool torn;        /* the last file ends inside a value, or in zero bytes */
    bool holed;       /* something comes after the zero bytes */
    bool cut;         /* it does, or ends without the summary that was due, or with one that counts
                         other records than there are */
    bool has_policy;  /* a summary told by which policy its records were judged */
    bool policies_differ;
    struct policy policy; /* the last one */
};

/*
 * Adds the records of a file to the fleet, of several of a path the last, and notes its shards. A
 * file that is cut makes the fleet an interrupted one, as does a summary that says so. Zero bytes
 * are what a power failure leaves of a block that was not written: a file is torn at the first, and
 * what comes after is passed over. Of a file with anything else in it than JSON of ours nothing can
 * be used: -1, and the fleet is only fit to be freed.
 */
int fleet_read(struct fleet *fleet, FILE *in, struct fleet_source *source, struct failure *why);

#endif
