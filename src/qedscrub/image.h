/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_IMAGE_H
#define QEDSCRUB_IMAGE_H

#include "qed/audit.h"
#include "qed/map.h"
#include "qedscrub/options.h"

/* An image named on the command line. */
struct image {
    const char *path;
    struct map *map;
    bool in_use;
    struct audit audit;
};

/*
 * Both return STATUS_OK, or STATUS_FAILED or STATUS_NOT_QED with *why filled. Opening refuses an
 * image in use unless the user accepts it; the audit refuses a file that is no QED image unless the
 * user insists. image_close() is due after image_open() either way.
 */
int image_open(struct image *image, const char *path, const struct options *options,
               struct failure *why);
int image_audit(struct image *image, const struct options *options, struct failure *why);

void image_close(struct image *image);

#endif
