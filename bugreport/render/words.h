/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_WORDS_H
#define BUGREPORT_RENDER_WORDS_H

#include <stdio.h>

#include "bugreport/fleet.h"

/* What the formats for people say alike. None of it is untrusted; all of it is plain
 * ASCII, without anything that a format would have to escape. */

/* What an image is, in a word: its verdict, or why it was not examined. */
const char *words_outcome(const struct fleet_entry *entry);

/* Long enough for any number of 64 bits. */
#define WORDS_NUMBER_SIZE 24

/* The number of leaked clusters, or "?" where that is not known. */
const char *words_leaks(char buffer[WORDS_NUMBER_SIZE], const struct record *record);

/* A verdict, or why images were not examined, and how many there are of it. */
struct outcome {
    const char *name;
    uint64_t images;
};

#define WORDS_OUTCOMES (VERDICTS + ENTRY_STATUSES)

/* All outcomes, each once; returns how many there are. */
size_t words_outcomes(const struct fleet_totals *totals, struct outcome list[WORDS_OUTCOMES]);

/* The names of a set of causes, with separator between them. */
void words_causes(FILE *out, unsigned causes, const char *separator);

/*
 * What else there is to say of an entry, e.g. "dirty; backing file of 3". Writes nothing where
 * there is nothing.
 */
void words_remarks(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry);

/* Some of the causes of an entry with their figures, e.g. "corrupt, 2 corruptions; in use". */
void words_reasons(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry,
                   unsigned causes);

/* What the run lacks, a line each that begins with prefix; nothing where it is complete. */
void words_missing(FILE *out, const struct fleet *fleet, const char *prefix);

/*
 * The fleet in a few lines, of which each begins with prefix: how many images are what, sizes,
 * what the run fails on, what is missing.
 */
void words_totals(FILE *out, const struct fleet *fleet, const char *prefix);

#endif
