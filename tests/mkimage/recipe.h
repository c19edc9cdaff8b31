/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_RECIPE_H
#define MKIMAGE_RECIPE_H

#include <stdio.h>

#include "image.h"
#include "prng.h"

/*
 * A recipe builds an image from text, one directive a line, obeyed from top to bottom. A # begins a
 * comment. Sizes take K, M, G or T. Words are separated by blanks; one in double quotes may hold
 * blanks and the escapes \\ \" \n \0 \xHH.
 *
 *   cluster-size SIZE   table-size N   header-size N   image-size SIZE   backing NAME
 *   data-before-l1 COUNT               moves L1 on; the first data clusters go in front of it
 *   seed N                             for layouts and guest data from here on (default 1)
 *   raw                                start from an empty file, not from a header
 * The rest lays the image out first:
 *   fill LAYOUT [PERCENT%]             layouts as on the command line; only into an empty image
 *   data POS COUNT                     the guest writes COUNT clusters from byte POS on
 *   zero POS COUNT                     the guest discards them: zero clusters
 *   leak COUNT                         clusters that nothing refers to
 *   guest KIND                         fills all data and leaked clusters made so far
 *   padding TEXT                       repeated over the rest of the header clusters
 *   set FIELD VALUE                    a header field, by the name the specification gives it
 *   l1 INDEX VALUE                     an element of L1
 *   l2 L1INDEX INDEX VALUE             an element of the table made for L1INDEX
 *   poke64 PLACE VALUE                 a little-endian word anywhere; PLACE is a VALUE
 *   text PLACE TEXT
 *   file-size SIZE                     truncates or extends
 *   cut SIZE                           takes bytes off the end
 *
 * A VALUE is numbers (0x allowed) and names joined by + and -, modulo 2^64. The names: l1-table,
 * table:I (the L2 table made for L1 index I), data:POS (what the tables now say of guest byte POS),
 * eof.
 */
bool recipe_build(struct image *image, FILE *recipe, const char *name);

#define WORDS_MOST 8

/* A word of a line: bytes, with a NUL after them. */
struct word {
    char *text;
    size_t size;
};

struct words {
    struct word at[WORDS_MOST];
    int count;
};

/* Splits a line in place. False if there are too many words or a quote or escape is wrong. */
bool words_split(char *line, struct words *words);

/* A VALUE as above; false after a message. */
bool value_parse(const struct image *image, const char *text, uint64_t *value);

#endif
