/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_CORRUPT_H
#define MKIMAGE_CORRUPT_H

#include <stdio.h>

#include "guest.h"
#include "image.h"
#include "prng.h"

/*
 * Damage done to a sound image. It keeps account of itself, so that a leak oracle can tell words of
 * the guest from words that were put there.
 */
struct range {
    uint64_t offset;
    uint64_t size;
};

struct planted {
    uint64_t offset;
    uint64_t value;
};

/* Which elements a corruption of a single word may hit, or that it does something else. */
enum level { LEVEL_L1, LEVEL_L2, LEVEL_FILE };

struct damage {
    struct image *image;
    struct prng *prng;
    const struct guest_kind *guest; /* NULL: the guest wrote nothing but zeroes */
    const uint32_t *clusters;       /* guest clusters with an allocated or zero L2 element */
    size_t cluster_count;
    uint64_t max_file;
    FILE *log; /* gets " kind[place]=value" for each corruption */
    struct planted *planted;
    size_t planted_count;
    struct range *overwritten; /* tables or parts of tables that guest data went over */
    size_t overwritten_count;
    enum level level; /* of the element at slot, for which a value is being drawn */
    uint64_t slot;
};

enum outcome {
    OUTCOME_DONE,
    OUTCOME_NOT_HERE, /* this image has no place for it, and is as before */
    OUTCOME_FAILED,   /* after a message */
};

struct corruption {
    const char *name;
    enum level level;
    /* LEVEL_L1 and LEVEL_L2: the value for an element; false if there is none in this image. */
    bool (*value)(struct damage *damage, uint64_t *value);
    /* LEVEL_FILE */
    enum outcome (*act)(struct damage *damage);
};

/* Each ends with a row without a name. */
extern const struct corruption corruptions_word[];
extern const struct corruption corruptions_table[];
extern const struct corruption corruptions_file[];
extern const struct corruption corruptions_header[];

/* All of the above by number, or NULL past the last. */
const struct corruption *corruption_nth(size_t number);

/* Does one corruption, drawn from all kinds that this image has a place for. */
bool damage_once(struct damage *damage);
void damage_free(struct damage *damage);

/* For the corruptions themselves. */
bool damage_plant(struct damage *damage, uint64_t offset, uint64_t value);
bool damage_overwritten(struct damage *damage, uint64_t offset, uint64_t size);

/* An element drawn from a level, most often one that is in use; false if there is none. */
bool damage_slot(struct damage *damage, enum level level, uint64_t *slot);

/* A table drawn from the L2 tables and, now and then, L1. */
const struct extent *damage_table(struct damage *damage);

#endif
