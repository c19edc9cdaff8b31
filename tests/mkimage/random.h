/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_RANDOM_H
#define MKIMAGE_RANDOM_H

#include "guest.h"

/* What --random was asked for. */
struct random_wish {
    uint64_t seed;
    bool corruptions_given;
    uint64_t corruptions;           /* else 0 to 3 of them */
    const struct guest_kind *guest; /* NULL: no data */
    uint64_t max_file;
    const char *oracle; /* file for what a leak oracle must know, or NULL */
};

/* Least length of file that a wish may ask for, and the length it gets without one. */
#define RANDOM_MIN_FILE     (UINT64_C(1) << 20)
#define RANDOM_DEFAULT_FILE (UINT64_C(16) << 30)

/* Builds a sound image, damages it, and prints one line on both to standard output. */
bool random_build(struct image *image, const struct random_wish *wish);

/* Draws a geometry that the format allows, for files up to max_file. It has no backing file. */
void random_geometry(struct geometry *geometry, const struct random_wish *wish, struct prng *prng);

#endif
