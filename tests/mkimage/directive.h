/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_DIRECTIVE_H
#define MKIMAGE_DIRECTIVE_H

#include "image.h"
#include "prng.h"
#include "recipe.h"

/*
 * What recipe.c and the files with the directives have in common. A table of directives holds those
 * that are allowed at the same stage, and ends with a row without a name. Their functions print
 * what is wrong, without file name and line.
 */
struct recipe {
    struct image *image;
    struct prng prng;
    char *backing;
    bool raw;
};

struct directive {
    const char *name;
    int min; /* words after the name */
    int max;
    bool (*obey)(struct recipe *recipe, const struct words *words);
};

extern const struct directive directives_geometry[]; /* before the image is laid out */
extern const struct directive directives_content[];  /* lay it out, unless that has been done */
extern const struct directive directives_edit[];     /* the same, but work on a raw file too */

/* Whether a word is a number from 0 to max; false after a message. */
bool directive_number(const struct word *word, uint64_t max, uint64_t *value);

#endif
