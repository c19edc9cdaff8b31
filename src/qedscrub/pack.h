/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_PACK_H
#define QEDSCRUB_PACK_H

#include "base/output.h"
#include "qedscrub/options.h"

/*
 * Packs one image into a bundle called archive ("-": standard output), proves that it holds no
 * guest data, and says what came of it. fd is the image, open for reading, and taken over; -1: the
 * file at path is opened. Returns the exit status.
 */
int pack_one(const struct options *options, const struct output_options *output_options,
             const char *path, int fd, const char *archive);

/*
 * Packs those images of folders and lists that deserve it by --only, each into a bundle in the
 * directory options->archive, and writes an index of the bundles there. Returns the exit status.
 */
int pack_fleet(const struct options *options);

/* The index in the directory of bundles. */
#define PACK_INDEX "index.csv"

#endif
