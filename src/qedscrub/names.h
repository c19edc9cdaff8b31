/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_NAMES_H
#define QEDSCRUB_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/* Names of the bundles of several images in one directory: STEM.bug.tar.gz, each only once. */
struct names {
    const char *directory;
    void *given; /* a tree of them; NULL: none */
};

/*
 * The path of the bundle for an image. Images of the same stem get STEM-2, STEM-3 and so on. The
 * result lives until names_free(); NULL if memory ran out, which has been said.
 */
const char *names_next(struct names *names, const char *image_path);

void names_free(struct names *names);

bool names_is_directory(const char *path);

#endif
