/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_ENVIRONMENT_H
#define BUGREPORT_ENVIRONMENT_H

#include <stdbool.h>

#include "base/failure.h"

/*
 * Where a bundle was made, as far as its owner lets it tell. Each fact is NULL if it is not told,
 * and otherwise plain: letters, digits and a few marks, none of which means anything in Markdown or
 * JSON.
 */
struct environment {
    char *libraries;                            /* that the archive was written with */
    char *kernel, *architecture, *distribution; /* of the host */
};

#define ENVIRONMENT_FACTS 4

/* A fact by its name in JSON and where it is. */
struct environment_row {
    const char *key;
    unsigned long at; /* offset in struct environment */
};

extern const struct environment_row environment_rows[ENVIRONMENT_FACTS];

/* The fact of a row. */
char **environment_fact(struct environment *environment, const struct environment_row *row);

/* Sets a fact: what is not plain becomes a question mark, and what is too long is cut. */
int environment_set(char **fact, const char *text, struct failure *why);

/* Whether a text is a fact as environment_set() leaves it. */
bool environment_is_plain(const char *text);

void environment_free(struct environment *environment);

#endif
