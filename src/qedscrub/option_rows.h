/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_OPTION_ROWS_H
#define QEDSCRUB_OPTION_ROWS_H

#include "qedscrub/options.h"

/*
 * The command line as two tables, of which parser and help are made. A new option is a member of
 * struct options and a row: a flag sets a bool, a value is decoded by a function of
 * option_values.c. A new command is a bit, a row, and a file cmd_NAME.c.
 */
struct option_row {
    char letter; /* 0: none */
    const char *name, *argument;
    unsigned commands; /* to which it applies */
    size_t flag;       /* without argument: where in struct options the bool stands */
    int (*set)(struct options *options, const char *argument, struct failure *why);
    const char *help;
};

/* All options, in the order of the help. The last row has no name. */
extern const struct option_row option_rows[];

struct command_row {
    const char *name;
    enum command command;
    int (*run)(const struct options *options); /* returns the exit status */
    const char *synopsis, *purpose, *example;
    const char *statuses; /* what its exit status says, if not what the others say */
};

/* All commands; the last row has no name. */
extern const struct command_row command_rows[];

const struct command_row *command_row_of(enum command command);

/* The decoders of arguments: they fill the member of the same name, or refuse. */
int option_set_against(struct options *options, const char *argument, struct failure *why);
int option_set_archive(struct options *options, const char *argument, struct failure *why);
int option_set_assume_qed(struct options *options, const char *argument, struct failure *why);
int option_set_color(struct options *options, const char *argument, struct failure *why);
int option_set_deflate(struct options *options, const char *argument, struct failure *why);
int option_set_baseline(struct options *options, const char *argument, struct failure *why);
int option_set_fail_on(struct options *options, const char *argument, struct failure *why);
int option_set_max_fragmentation(struct options *options, const char *argument,
                                 struct failure *why);
int option_set_max_leaked(struct options *options, const char *argument, struct failure *why);
int option_set_report(struct options *options, const char *argument, struct failure *why);
int option_set_output(struct options *options, const char *argument, struct failure *why);
int option_set_jobs(struct options *options, const char *argument, struct failure *why);
int option_set_fill(struct options *options, const char *argument, struct failure *why);
int option_set_label(struct options *options, const char *argument, struct failure *why);
int option_set_max_findings(struct options *options, const char *argument, struct failure *why);

/* Refuses a policy that cannot be meant, once all options are known. */
int option_check_policy(const struct options *options, struct failure *why);

/* Those of an audit of many images. */
int option_set_files0_from(struct options *options, const char *argument, struct failure *why);
int option_set_journal(struct options *options, const char *argument, struct failure *why);
int option_set_only(struct options *options, const char *argument, struct failure *why);
int option_set_resume(struct options *options, const char *argument, struct failure *why);
int option_set_shard(struct options *options, const char *argument, struct failure *why);
int option_set_timeout(struct options *options, const char *argument, struct failure *why);

#endif
