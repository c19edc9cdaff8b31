/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_FIND_H
#define QEDSCRUB_FIND_H

#include "qedscrub/files.h"

/* A part of the images, for runs that share the work: those whose path hashes to the number. */
struct shard {
    unsigned number, count; /* 1 to count; a count of 0: all images */
};

struct find_options {
    bool cross_mounts; /* enter other file systems than that of the folder named */
    struct shard shard;
    const struct fleet *old; /* what an earlier run knows, finished, or NULL */
};

/*
 * Finds the images that the paths name: a file is one whatever it holds; a folder stands for all
 * regular files below it that begin with QED's magic. Symbolic links are followed only if they were
 * named. What cannot be read is listed with its error; it could be an image. What an earlier run
 * has examined is not opened if it is the same file still. Adds to *skipped how many other file
 * systems were left out. The list comes sorted by path, without repetitions.
 */
int find_images(struct files *files, char *const *paths, size_t count,
                const struct find_options *options, size_t *skipped, struct failure *why);

/* Whether a path, relative to the folder that was named, is in the shard. */
bool find_in_shard(const struct shard *shard, const char *below);

#endif
