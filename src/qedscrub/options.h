/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_OPTIONS_H
#define QEDSCRUB_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "bugreport/policy.h"
#include "bugreport/render/formats.h"
#include "qedscrub/terminal.h"

/* The commands, each a bit, so that an option can say to which ones it belongs. */
enum command {
    COMMAND_PACK = 1,
    COMMAND_INFO = 2,
    COMMAND_AUDIT = 4,
    COMMAND_VERIFY = 16,
    COMMAND_RESTORE = 32,
    COMMAND_MERGE = 64,
    COMMAND_DIFF = 128
};

/* Those that read images, those that report on many, and all. */
#define COMMAND_IMAGES (COMMAND_PACK | COMMAND_INFO | COMMAND_AUDIT | COMMAND_DIFF)
#define COMMAND_FLEET  (COMMAND_AUDIT | COMMAND_MERGE)
#define COMMAND_ALL    (COMMAND_IMAGES | COMMAND_FLEET | COMMAND_VERIFY | COMMAND_RESTORE)

/* Which images of many are packed; a set. */
enum { PACK_CORRUPT = 1, PACK_LEAKS = 2, PACK_DIRTY = 4, PACK_ALL = 8 };

/* --report FORMAT=FILE: an output beside standard output. */
struct report_option {
    const struct format_row *format;
    const char *path;
};

#define MAX_REPORTS 32

/* The command line, decoded. Strings point into argv. */
struct options {
    enum command command;
    bool command_named; /* and not taken for granted */
    char **words;       /* what is left: images */
    int word_count;

    const char *archive; /* -o */
    bool fill_offset;    /* --fill=offset */
    const char *against; /* the original of a bundle */
    const char *label;
    const char *output; /* the name of a format */
    size_t max_findings;
    unsigned jobs;      /* -j; 0: as many as suit the machine */
    bool plain_deflate; /* --deflate=zlib */
    bool help, version, force_share, quiet, force, dry_run, keep_names, keep_backing_name, faithful;
    bool host_facts;
    bool no_verify, no_sandbox;
    bool map, show_progress;
    struct progress *progress; /* the program's; made by main() */
    enum color_when color;
    bool assume_qed; /* -f qed */

    struct report_option reports[MAX_REPORTS];
    unsigned report_count;
    struct policy policy;
    bool policy_given; /* by an option, and not only the default */
    const char *baseline;
    bool timings, exit_zero;

    const char *files0_from;            /* a file of names; NULL: none */
    const char *resume;                 /* records of an earlier run; NULL: none */
    const char *journal;                /* where records are kept meanwhile; NULL: nowhere */
    unsigned shard_number, shard_count; /* a count of 0: all images */
    unsigned only;                      /* --only, see PACK_ALL; 0: not given */
    unsigned timeout;                   /* seconds for an image; 0: no limit */
    bool cross_mounts;
};

/*
 * Decodes argv, which is reordered. -1 with *why filled where it makes no sense; options->command
 * then says which command's help to point at.
 */
int options_parse(struct options *options, int argc, char **argv, struct failure *why);

/* Prints the help of a command, 0: of the program. */
void options_help(FILE *out, unsigned command);

#endif
