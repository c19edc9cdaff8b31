/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_IMAGE_H
#define QEDSCRUB_IMAGE_H

#include "bugreport/record.h"
#include "qed/audit.h"
#include "qed/map.h"
#include "qedscrub/options.h"

/* An image that is looked at. */
struct image {
    const char *path; /* NULL where it is not to be known; messages are without it then */
    struct map *map;
    bool in_use;
    unsigned jobs;       /* threads for the audit */
    struct meter *meter; /* NULL, or to be told how far the audit is */
    bool atlas; /* what is to be made of it has maps; set by the caller before image_audit() */
    struct audit audit;
};

/*
 * Both return STATUS_OK, or STATUS_FAILED or STATUS_NOT_QED with *why filled. Opening refuses an
 * image in use unless the user accepts it; the audit refuses a file that is no QED image unless the
 * user insists, and has a finding if the image changed meanwhile. image_close() is due after
 * image_open() either way.
 */
int image_open(struct image *image, const char *path, const struct options *options,
               struct failure *why);
int image_audit(struct image *image, const struct options *options, struct failure *why);

/* As image_open(), for the file at path when it is open, which is the image's from then on. */
int image_open_file(struct image *image, int fd, const char *path, const struct options *options,
                    struct failure *why);

/*
 * The same as image_open() for a file that is open, which is the image's from then on. It is
 * audited by one thread, since who has several images at hand uses the cores for these.
 */
int image_adopt(struct image *image, int fd, bool in_use, struct failure *why);

/*
 * The record of an audited image with all that the user may know: the name of the backing file, and
 * where the host keeps the image. record_free() is due even if this fails.
 */
int image_record(struct image *image, const char *filename, struct record *record,
                 struct failure *why);

/* Whether it is not what it was when it was opened and audited: length, times, dirty flag. */
bool image_changed(struct image *image);

void image_close(struct image *image);

#endif
