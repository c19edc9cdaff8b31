/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_SKETCH_H
#define BUGREPORT_SKETCH_H

#include <stdbool.h>

#include "qed/atlas.h"

/*
 * An image's maps in as few characters as a row of a table has room for; equal parts of the whole
 * each. They go with records of many images, of which an atlas each would be too much.
 *
 *   guest  . never written, 1 to 8: so many eighths of it are data, z zero clusters alone,
 *          x invalid elements, ? cannot be read
 *   file   h header, 1 L1 table, 2 L2 tables for the most part, d data, l leaked, t referred to
 *          more than once
 */
#define SKETCH_CELLS 64

struct sketch {
    char guest[SKETCH_CELLS + 1], file[SKETCH_CELLS + 1]; /* empty: none was made */
};

void sketch_make(struct sketch *sketch, const struct atlas *atlas);

/* Whether texts from elsewhere can be those of a sketch. */
bool sketch_is_guest(const char *text);
bool sketch_is_file(const char *text);

#endif
