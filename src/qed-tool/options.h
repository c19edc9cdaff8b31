/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_OPTIONS_H
#define QED_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "qed-tool/request.h"

struct options;

/* A command: a row of the table in options.c. */
struct command {
    const char *name;
    /* Does it: 0, or -1 with the reason; the image's name is put before it by the caller. */
    int (*run)(const struct options *options, struct failure *why);
    int least_words, most_words;
    unsigned allowed; /* options, bits 1 << enum option_index */
    const char *words, *purpose;
};

/* The command line, decoded. Strings point into argv. */
struct options {
    const char *image;
    const struct command *command;
    char **words; /* what follows the command */
    int word_count;

    bool help, version, json, all, dry_run, force, force_share;
    bool has_seed, has_at, at_has_l2;
    uint64_t seed, at_l1, at_l2;
    enum invalid_kind kind;
    const char *save_undo;
};

/* Decodes argv, which is reordered. -1 with *why filled where it makes no sense. */
int options_parse(struct options *options, int argc, char **argv, struct failure *why);

void options_help(FILE *out);

#endif
