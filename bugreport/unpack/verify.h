/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_VERIFY_H
#define BUGREPORT_UNPACK_VERIFY_H

#include "bugreport/record.h"
#include "bugreport/unpack/contents.h"
#include "qed/grammar.h"

/*
 * The proof that a bundle holds no guest data, from the bundle alone, in steps that each have a
 * line to show:
 *
 *   members  what an archive can hold is there once and in order, and nothing else is
 *   digests  each member is what the manifest says it is, the image's data and map too
 *   account  the manifest accounts for every byte of the original, and its map is the image's
 *   grammar  the image is nothing but a header and words that tables have (grammar.h)
 *   figures  an audit of the image finds what report.json says of it
 *   reports  the texts are what report.json renders to, and its own words are harmless
 *
 * With the original at hand two more: "original", every word of the image stands at the same place
 * of a table of the original or is none of its words (but for chance, among stand-ins), and a new
 * copy of the original is the same; and "verdict", an audit of the original finds what report.json
 * says.
 */
struct verify_check {
    const char *name;
    bool passed;
    char text[1024]; /* what was seen, or what is wrong and where */
};

#define VERIFY_MAX_CHECKS 8

struct verification {
    struct verify_check checks[VERIFY_MAX_CHECKS]; /* up to the first that failed */
    size_t count;
    bool proved;    /* none of those that were taken failed */
    bool has_image; /* it is no bundle of reports only */
    struct contents contents;
    struct record record;    /* report.json */
    struct grammar grammar;  /* of the image */
    uint64_t dropped, whole; /* bytes of the original that were dropped, of how many */
};

/*
 * Reads the bundle in an open file or pipe and takes the first two steps: enough to know that it
 * arrived as it was sent. jobs: see stream_open(). verify_free() is due afterwards.
 */
void verify_read(struct verification *verification, int fd, unsigned jobs);

/*
 * Verifies the bundle in an open file or pipe, against an original or, NULL, by itself. Whatever
 * keeps a step from being carried out makes it a failed one. jobs: see stream_open(). A
 * meter, or NULL, is told how far the audits are; how far the reading is shows in the file's
 * position. verify_free() is due afterwards.
 */
void verify_run(struct verification *verification, int fd, unsigned jobs, struct source *original,
                struct meter *meter);

void verify_free(struct verification *verification);

#endif
