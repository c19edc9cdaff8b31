/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/options.h"

#include <getopt.h>
#include <string.h>

#include "base/quote.h"
#include "qed-tool/number.h"
#include "qed-tool/tool.h"

/* Which option: its place in the rows below, and its bit in what a command allows. */
enum option_index {
    OPTION_DRY_RUN,
    OPTION_SAVE_UNDO,
    OPTION_SEED,
    OPTION_AT,
    OPTION_KIND,
    OPTION_ALL,
    OPTION_OUTPUT,
    OPTION_FORCE,
    OPTION_FORCE_SHARE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTIONS
};

static const struct {
    char letter; /* 0: none */
    const char *name, *argument, *help;
} rows[OPTIONS] = {
    [OPTION_DRY_RUN] = {0, "dry-run", NULL, "show each write and what comes of it, make none"},
    [OPTION_SAVE_UNDO] = {0, "save-undo", "FILE", "first save what `undo FILE` needs"},
    [OPTION_SEED] = {0, "seed", "N", "make random choices reproducible"},
    [OPTION_AT] = {0, "at", "L1[:L2]", "the element to overwrite, by its indices"},
    [OPTION_KIND] = {0, "kind", "KIND", "beyond-eof (default), unaligned, in-header, table"},
    [OPTION_ALL] = {0, "all", NULL, "show every element, not runs of them"},
    [OPTION_OUTPUT] = {0, "output", "FORMAT", "human (default) or json"},
    [OPTION_FORCE] = {0, "force", NULL, "copy_metadata: replace an existing OUT"},
    [OPTION_FORCE_SHARE] = {'U', "force-share", NULL, "read an image although it is in use"},
    [OPTION_HELP] = {'h', "help", NULL, "this help"},
    [OPTION_VERSION] = {0, "version", NULL, "version and licence"},
};

#define FIRST_CODE 256

#define BIT(name) (1u << OPTION_##name)
#define READS     (BIT(OUTPUT) | BIT(FORCE_SHARE))
#define WRITES    (BIT(DRY_RUN) | BIT(SAVE_UNDO) | BIT(OUTPUT))
#define DRAWS     (BIT(SEED) | BIT(AT))

static const struct command commands[] = {
    {"show", cmd_show, 0, 2, READS | BIT(ALL), "[header | l1 | l2 OFFSET|@L1]",
     "the header (default), or a table"},
    {"fragcheck", cmd_fragcheck, 0, 0, READS, "", "how fragmented the image is"},
    {"copy_metadata", cmd_copy_metadata, 1, 1, BIT(FORCE_SHARE) | BIT(FORCE), "OUT",
     "a sparse copy without guest data"},
    {"need_check", cmd_need_check, 0, 1, READS | WRITES, "[on|off]",
     "show, set or clear the need-check bit"},
    {"duplicate", cmd_duplicate, 1, 1, WRITES | DRAWS, "l1|l2", "make two elements equal"},
    {"invalidate", cmd_invalidate, 1, 1, WRITES | DRAWS | BIT(KIND), "l1|l2",
     "plant an invalid offset"},
    {"zerocluster", cmd_zerocluster, 1, 2, WRITES, "POS|@CLUSTER [N]",
     "make zero clusters of guest clusters"},
    {"undo", cmd_undo, 1, 1, WRITES, "FILE", "put back what --save-undo saved"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The original's names, with hyphens and with underscores, and where it has neither with both. */
static bool same_word(const char *typed, const char *name)
{
    for (;; typed++, name++) {
        while (*typed == '-' || *typed == '_')
            typed++;
        while (*name == '_')
            name++;
        if (*typed != *name)
            return false;
        if (*typed == '\0')
            return true;
    }
}

static int set_kind(struct options *options, const char *text, struct failure *why)
{
    static const char *const names[] = {"beyond-eof", "unaligned", "in-header", "table"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(text, names[i]) != 0)
            continue;
        options->kind = (enum invalid_kind)i;
        return 0;
    }
    return failure_set(why, "--kind %s: give beyond-eof, unaligned, in-header or table",
                       QUOTE(text));
}

static int set_argument(struct options *options, enum option_index option, const char *text,
                        struct failure *why)
{
    switch (option) {
    case OPTION_SAVE_UNDO:
        options->save_undo = text;
        return 0;
    case OPTION_SEED:
        options->has_seed = true;
        if (!number_parse(text, &options->seed) || options->seed > INT64_MAX)
            return failure_set(why, "--seed %s: give a number below 2^63", QUOTE(text));
        return 0;
    case OPTION_AT:
        options->has_at = true;
        if (!number_parse_at(text, &options->at_l1, &options->at_has_l2, &options->at_l2))
            return failure_set(why, "--at %s: give L1 or L1:L2, as in --at 0:17", QUOTE(text));
        return 0;
    case OPTION_KIND:
        return set_kind(options, text, why);
    default:
        options->json = !strcmp(text, "json");
        if (!options->json && strcmp(text, "human") != 0)
            return failure_set(why, "--output %s: give human or json", QUOTE(text));
        return 0;
    }
}

static int set_option(struct options *options, enum option_index option, const char *argument,
                      struct failure *why)
{
    if (rows[option].argument)
        return set_argument(options, option, argument, why);
    options->dry_run |= option == OPTION_DRY_RUN;
    options->all |= option == OPTION_ALL;
    options->force |= option == OPTION_FORCE;
    options->force_share |= option == OPTION_FORCE_SHARE;
    options->help |= option == OPTION_HELP;
    options->version |= option == OPTION_VERSION;
    return 0;
}

/* Reads all options; *used gets a bit for each that occurred. */
static int read_options(struct options *options, int argc, char **argv, unsigned *used,
                        struct failure *why)
{
    struct option table[OPTIONS + 1] = {0};
    int code;

    for (int i = 0; i < OPTIONS; i++)
        table[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
                                   NULL, FIRST_CODE + i};
    opterr = 0;
    while ((code = getopt_long(argc, argv, ":hU", table, NULL)) != -1) {
        enum option_index option = code == 'U'   ? OPTION_FORCE_SHARE
                                   : code == 'h' ? OPTION_HELP
                                                 : (enum option_index)(code - FIRST_CODE);

        if (code == ':')
            return failure_set(why, "%s needs an argument", QUOTE(argv[optind - 1]));
        if (code == '?')
            return failure_set(why, "%s: no such option", QUOTE(argv[optind - 1]));
        *used |= 1u << option;
        if (set_option(options, option, optarg, why))
            return -1;
    }
    return 0;
}

static int find_command(struct options *options, const char *word, struct failure *why)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!same_word(word, commands[i].name))
            continue;
        options->command = &commands[i];
        return 0;
    }
    return failure_set(why, "%s: no such command; the order is: qed-tool IMAGE COMMAND",
                       QUOTE(word));
}

static int check_applicable(const struct options *options, unsigned used, struct failure *why)
{
    const struct command *command = options->command;

    for (int i = 0; i < OPTIONS; i++) {
        if (used >> i & 1 && !(command->allowed >> i & 1))
            return failure_set(why, "--%s does not apply to %s", rows[i].name, command->name);
    }
    if (options->word_count < command->least_words || options->word_count > command->most_words)
        return failure_set(why, "the form is: qed-tool IMAGE %s %s", command->name, command->words);
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct failure *why)
{
    unsigned used = 0;

    *options = (struct options){0};
    if (read_options(options, argc, argv, &used, why))
        return -1;
    if (options->help || options->version)
        return 0;
    if (argc - optind < 2)
        return failure_set(why, "give an image and a command, as in: qed-tool image.qed show");
    options->image = argv[optind];
    options->words = argv + optind + 2;
    options->word_count = argc - optind - 2;
    if (find_command(options, argv[optind + 1], why))
        return -1;
    return check_applicable(options, used, why);
}

void options_help(FILE *out)
{
    char left[64];

    fprintf(out, "Usage: qed-tool IMAGE COMMAND [ARGS] [OPTIONS]\n"
                 "Shows the metadata of a QED image, and changes them on purpose.\n\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].words);
        fprintf(out, "  %-34s %s\n", left, commands[i].purpose);
    }
    fprintf(out, "\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        if (rows[i].letter)
            snprintf(left, sizeof(left), "-%c, --%s", rows[i].letter, rows[i].name);
        else
            snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                     rows[i].argument ? rows[i].argument : "");
        fprintf(out, "  %-22s %s\n", left, rows[i].help);
    }
    fprintf(out, "\nPOS and OFFSET in bytes: 4096, 0x1000, 4k. Exit status: 0 done, 1 not done.\n");
}
