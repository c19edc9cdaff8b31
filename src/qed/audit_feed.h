/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_AUDIT_FEED_H
#define QED_AUDIT_FEED_H

#include "qed/audit.h"
#include "qed/survey.h"

/*
 * A survey of an image that comes one piece after the other, as out of an archive, so that
 * audit_run() need not read the tables once more:
 *
 *   audit_feed_begin
 *   audit_feed_take     each piece
 *   audit_feed_end
 *   audit_run           with the feed in its options
 *   audit_feed_free
 *
 * It is enough for images as qemu writes them, the header, then the L1 table, then L2 tables, and
 * with nothing wrong. Of any other it gives up, and audit_run() reads the image as it would without
 * a feed. So the audit is the same either way, and nothing here can fail.
 */
struct audit_feed {
    enum {
        AUDIT_FEED_NONE, /* not begun, or given up */
        AUDIT_FEED_HEADER,
        AUDIT_FEED_POINTERS,
        AUDIT_FEED_TABLES,
        AUDIT_FEED_DONE, /* the figures hold */
    } stage;
    struct audit audit; /* as far as the header leads, with inventory and atlas */
    struct survey survey;
    struct surveyor surveyor;
    size_t table; /* of the survey's: the one that is under way */
};

/*
 * Begins with an image of size bytes, for an audit that makes an atlas. The feed is all zeros, or
 * was used before. It points at parts of itself, so it must not be moved.
 */
void audit_feed_begin(struct audit_feed *feed, uint64_t size);

/* Takes a piece of data; they come in rising order, and what is left out is hole. */
void audit_feed_take(struct audit_feed *feed, uint64_t offset, const unsigned char *bytes,
                     size_t size);

/* After the last piece. */
void audit_feed_end(struct audit_feed *feed);

void audit_feed_free(struct audit_feed *feed);

#endif
