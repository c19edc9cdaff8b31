/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_CONTENTS_H
#define BUGREPORT_UNPACK_CONTENTS_H

#include <stdbool.h>

#include "bugreport/record.h"
#include "bugreport/unpack/image_store.h"

/*
 * What is in a bundle, read without unpacking it to disk: the small members as bytes, the image as
 * a source. Members are known names, each once, in the order in which pack writes them, in one
 * folder.
 */
enum contents_member {
    MEMBER_README,
    MEMBER_ISSUE,
    MEMBER_TEXT,
    MEMBER_JSON,
    MEMBER_HTML,
    MEMBER_IMAGE,
    MEMBER_MANIFEST,
    CONTENTS_MEMBERS
};

/* The name of a member in the folder. */
const char *contents_name(enum contents_member member);

#define CONTENTS_LABEL_SIZE 101

struct contents {
    char label[CONTENTS_LABEL_SIZE]; /* the folder */
    size_t count;                    /* members */
    struct {
        bool present;
        char *bytes; /* with a NUL behind them; of the image NULL */
        size_t size;
    } members[CONTENTS_MEMBERS];
    struct image_store image;
    uint64_t image_position; /* of its data in the archive */
};

/*
 * Reads the bundle in an open file or pipe, from its position to its end. The image is read again
 * from there when it is looked at, if it is large, so the file must stay open as long. Fails on
 * anything that is not a bundle, one that ends early or goes on behind its end, and one that asks
 * for more memory than what pack writes. contents_free() is due even if this fails. jobs: see
 * stream_open(). A feed, or NULL, takes the image on the way: see image_store_feed().
 */
int contents_read(struct contents *contents, int fd, unsigned jobs, struct audit_feed *feed,
                  struct failure *why);

/* What its report.json says. record_free() is due either way. */
int contents_record(const struct contents *contents, struct record *record, struct failure *why);

void contents_free(struct contents *contents);

#endif
