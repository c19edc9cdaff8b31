/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/options.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "qedscrub/nearest.h"
#include "qedscrub/option_rows.h"

#define DEFAULT_LABEL        "qedscrub"
#define DEFAULT_OUTPUT       "human"
#define DEFAULT_MAX_FINDINGS 8

/* A bit for each row fits into 64. */
#define MAX_ROWS 64

/* getopt_long() returns an option's letter, or else this plus the number of its row. */
#define NO_LETTER 256

/* What it returns for a word that is no option, because the letters begin with "-". */
#define WORD 1

static int code_of(size_t row)
{
    return option_rows[row].letter ? option_rows[row].letter : NO_LETTER + (int)row;
}

static size_t row_of(int code)
{
    size_t row = 0;

    while (code_of(row) != code)
        row++;
    return row;
}

/* What getopt_long() needs to know of the rows. */
static void make_tables(struct option table[MAX_ROWS + 1], char letters[2 * MAX_ROWS + 3])
{
    char *letter = letters;
    size_t i;

    *letter++ = '-';
    *letter++ = ':';
    for (i = 0; option_rows[i].name; i++) {
        const struct option_row *row = &option_rows[i];

        table[i] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
                                   code_of(i)};
        if (!row->letter)
            continue;
        *letter++ = row->letter;
        if (row->argument)
            *letter++ = ':';
    }
    *letter = '\0';
    table[i] = (struct option){0};
}

/* The option as it was typed, for messages. */
static const char *typed(char **argv, char buffer[4])
{
    if (optopt > 0 && optopt < NO_LETTER) {
        snprintf(buffer, 4, "-%c", optopt);
        return buffer;
    }
    return argv[optind - 1];
}

static int take(struct options *options, const struct option_row *row, struct failure *why)
{
    if (row->set)
        return row->set(options, optarg, why);
    *(bool *)((char *)options + row->flag) = true;
    return 0;
}

static int refuse_option(const char *option, struct failure *why)
{
    char name[64];
    struct nearest nearest = {.typed = name};

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(option, "="), option);
    for (const struct option_row *row = option_rows; row->name; row++) {
        char candidate[64];

        snprintf(candidate, sizeof(candidate), "--%s", row->name);
        if (nearest_try(&nearest, candidate))
            nearest.word = row->name;
    }
    if (nearest.word && option[1] == '-')
        return failure_set(why, "%s: no such option; did you mean --%s?", QUOTE(option),
                           nearest.word);
    return failure_set(why, "%s: no such option", QUOTE(option));
}

/*
 * Reads all options up to "--"; *used gets a bit for each row that occurred. Words go to the front
 * of argv, where nothing unread is left.
 */
static int read_options(struct options *options, int argc, char **argv, uint64_t *used,
                        struct failure *why)
{
    struct option table[MAX_ROWS + 1];
    char letters[2 * MAX_ROWS + 3], buffer[4];
    int code;

    make_tables(table, letters);
    opterr = 0;
    while ((code = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        if (code == WORD) {
            options->words[options->word_count++] = optarg;
            continue;
        }
        if (code == ':')
            return failure_set(why, "%s needs an argument", QUOTE(typed(argv, buffer)));
        if (code == '?')
            return refuse_option(typed(argv, buffer), why);
        *used |= UINT64_C(1) << row_of(code);
        if (take(options, &option_rows[row_of(code)], why))
            return -1;
    }
    return 0;
}

/* A word that is neither a file nor a command may be a command with a slip in it. */
static int check_slip(const char *word, struct failure *why)
{
    struct nearest nearest = {.typed = word};

    for (const struct command_row *row = command_rows; row->name; row++)
        nearest_try(&nearest, row->name);
    if (!nearest.word || !access(word, F_OK))
        return 0;
    return failure_set(why, "%s: neither a file nor a command; did you mean %s?", QUOTE(word),
                       nearest.word);
}

/* The first word is a command, or else an image to pack. */
static int find_command(struct options *options, struct failure *why)
{
    for (const struct command_row *row = command_rows; row->name; row++) {
        if (strcmp(options->words[0], row->name) != 0)
            continue;
        options->command = row->command;
        options->command_named = true;
        options->words++;
        options->word_count--;
        return 0;
    }
    return check_slip(options->words[0], why);
}

/* Where the options make no sense: the first word that is none. */
static void guess_command(struct options *options, int argc, char **argv)
{
    int i = 1;

    while (i < argc && argv[i][0] == '-')
        i++;
    for (const struct command_row *row = command_rows; i < argc && row->name; row++) {
        if (strcmp(argv[i], row->name) != 0)
            continue;
        options->command = row->command;
        options->command_named = true;
    }
}

static int check_applicable(const struct options *options, uint64_t used, struct failure *why)
{
    for (size_t i = 0; option_rows[i].name; i++) {
        if (used >> i & 1 && !(option_rows[i].commands & options->command))
            return failure_set(why, "--%s does not apply to this command", option_rows[i].name);
    }
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct failure *why)
{
    uint64_t used = 0;

    *options = (struct options){.command = COMMAND_PACK,
                                .label = DEFAULT_LABEL,
                                .output = DEFAULT_OUTPUT,
                                .max_findings = DEFAULT_MAX_FINDINGS,
                                .policy = POLICY_DEFAULT,
                                .words = argv + 1};
    if (read_options(options, argc, argv, &used, why)) {
        guess_command(options, argc, argv);
        return -1;
    }
    /* What stands behind "--" is never a command. */
    if (options->word_count > 0 && find_command(options, why))
        return -1;
    while (optind < argc)
        options->words[options->word_count++] = argv[optind++];
    if (options->help || options->version)
        return 0;
    return check_applicable(options, used, why) || option_check_policy(options, why) ? -1 : 0;
}
