/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_COMPARE_H
#define BUGREPORT_COMPARE_H

#include <jansson.h>

#include "bugreport/fleet.h"

/*
 * What differs between records, member by member of their JSON, so that nothing a record can say is
 * forgotten. What an image is called, what the host knows of it and who had it open are no part of
 * its state, and left out.
 */
struct difference {
    char *key;                        /* "leaks", "header.features", "findings.duplicate" */
    const struct record_field *field; /* that it is; NULL: another member */
    json_t *before, *after;           /* NULL: not there */
};

struct comparison {
    struct difference *list;
    size_t count, capacity;
};

/*
 * Compares two records. places: findings count as different that are at other places, and not only
 * those that are more or fewer; records from elsewhere may list other ones of many.
 * comparison_free() is due even if this fails.
 */
int compare_records(struct comparison *comparison, const struct record *before,
                    const struct record *after, bool places, struct failure *why);

void comparison_free(struct comparison *comparison);

/* What became of an image between two runs. */
enum image_change { IMAGE_APPEARED, IMAGE_GONE, IMAGE_CHANGED };

const char *image_change_name(enum image_change change);

struct image_comparison {
    const char *filename; /* a fleet's */
    enum image_change change;
    struct comparison comparison; /* of one that changed */
};

struct fleet_comparison {
    struct image_comparison *list; /* by path; of equal images there is nothing */
    size_t count;
};

/*
 * Compares two finished fleets, path by path; they must live as long as the comparison.
 * fleet_comparison_free() is due even if this fails.
 */
int compare_fleets(struct fleet_comparison *comparison, const struct fleet *before,
                   const struct fleet *after, struct failure *why);

void fleet_comparison_free(struct fleet_comparison *comparison);

#endif
