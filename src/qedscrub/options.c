/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"

#define DEFAULT_LABEL        "qedscrub"
#define DEFAULT_MAX_FINDINGS 8

/* Codes of the options that have no letter. */
enum {
    OPT_FORCE = 256,
    OPT_DRY_RUN,
    OPT_LABEL,
    OPT_KEEP_NAMES,
    OPT_KEEP_BACKING,
    OPT_FAITHFUL,
    OPT_OUTPUT,
    OPT_MAX_FINDINGS,
    OPT_VERSION
};

struct option_row {
    int code; /* its letter, or one of the above */
    const char *name, *argument;
    unsigned commands;
    const char *help;
};

static const struct option_row rows[] = {
    {'o', "archive", "FILE", COMMAND_PACK,
     "the bundle to write; DIR/: one bundle per image; -: standard output"},
    {OPT_FORCE, "force", NULL, COMMAND_PACK, "replace an existing bundle (never an image)"},
    {OPT_DRY_RUN, "dry-run", NULL, COMMAND_PACK, "say what would be packed, write nothing"},
    {OPT_LABEL, "label", "TEXT", COMMAND_PACK, "name of the folder in the bundle (qedscrub)"},
    {OPT_KEEP_NAMES, "keep-names", NULL, COMMAND_PACK, "tell the image's own name in the report"},
    {OPT_KEEP_BACKING, "keep-backing-name", NULL, COMMAND_PACK,
     "keep the name of the backing file in report and copy"},
    {OPT_FAITHFUL, "faithful", NULL, COMMAND_PACK,
     "keep offsets in suspect tables too: they can be the guest's"},
    {OPT_OUTPUT, "output", "FORMAT", COMMAND_INFO, "human (default) or json"},
    {OPT_MAX_FINDINGS, "max-findings", "N", COMMAND_ALL, "findings listed of each kind (8)"},
    {'f', "format", "qed", COMMAND_ALL, "take the file for a QED image, whatever it begins with"},
    {'U', "force-share", NULL, COMMAND_ALL, "read an image although it is in use"},
    {'q', "quiet", NULL, COMMAND_PACK, "say nothing unless something is wrong"},
    {'h', "help", NULL, COMMAND_ALL, "this help"},
    {OPT_VERSION, "version", NULL, COMMAND_ALL, "version and licence"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct {
    const char *name;
    enum command command;
    const char *synopsis, *purpose;
} commands[] = {
    {"pack", COMMAND_PACK, "[pack] IMAGE... -o ARCHIVE|DIR/|-",
     "Packs a report and a copy of the metadata, without guest data, for a bug tracker."},
    {"info", COMMAND_INFO, "info IMAGE",
     "Shows header, dirty flag, allocation, fragmentation and consistency of an image."},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct option_row *find_row(int code)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].code == code)
            return &rows[i];
    }
    return NULL;
}

static int set_label(struct options *options, const char *text, struct failure *why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";

    options->label = text;
    if (!text[0] || text[0] == '.' || text[0] == '-' || strlen(text) > 100 ||
        text[strspn(text, allowed)])
        return failure_set(why,
                           "--label %s: give up to 100 letters, digits, '.', '_' and '-', not "
                           "beginning with '.' or '-'",
                           QUOTE(text));
    return 0;
}

static int set_format(struct options *options, const char *text, struct failure *why)
{
    if (!strcmp(text, "human"))
        options->format = FORMAT_HUMAN;
    else if (!strcmp(text, "json"))
        options->format = FORMAT_JSON;
    else
        return failure_set(why, "--output %s: give human or json", QUOTE(text));
    return 0;
}

static int set_max_findings(struct options *options, const char *text, struct failure *why)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || value > 1000000)
        return failure_set(why, "--max-findings %s: give a number from 0 to 1000000", QUOTE(text));
    options->max_findings = value;
    return 0;
}

static int set_option(struct options *options, int code, const char *argument, struct failure *why)
{
    switch (code) {
    case 'o':
        options->archive = argument;
        return 0;
    case 'f':
        options->assume_qed = true;
        if (strcmp(argument, "qed") != 0)
            return failure_set(why, "-f %s: only qed is understood", QUOTE(argument));
        return 0;
    case OPT_LABEL:
        return set_label(options, argument, why);
    case OPT_OUTPUT:
        return set_format(options, argument, why);
    case OPT_MAX_FINDINGS:
        return set_max_findings(options, argument, why);
    }
    options->force_share |= code == 'U';
    options->quiet |= code == 'q';
    options->help |= code == 'h';
    options->version |= code == OPT_VERSION;
    options->force |= code == OPT_FORCE;
    options->dry_run |= code == OPT_DRY_RUN;
    options->keep_names |= code == OPT_KEEP_NAMES;
    options->faithful |= code == OPT_FAITHFUL;
    options->keep_backing_name |= code == OPT_KEEP_BACKING;
    return 0;
}

/* What getopt_long() needs to know of the rows. */
static void make_tables(struct option table[ROWS + 1], char letters[2 * ROWS + 2])
{
    char *letter = letters;

    *letter++ = ':';
    for (size_t i = 0; i < ROWS; i++) {
        table[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
                                   NULL, rows[i].code};
        if (rows[i].code >= 256)
            continue;
        *letter++ = (char)rows[i].code;
        if (rows[i].argument)
            *letter++ = ':';
    }
    *letter = '\0';
    table[ROWS] = (struct option){0};
}

/* The option as it was typed, for messages. */
static const char *typed(char **argv, char buffer[4])
{
    if (optopt > 0 && optopt < 256) {
        snprintf(buffer, 4, "-%c", optopt);
        return buffer;
    }
    return argv[optind - 1];
}

/* Reads all options; *used gets a bit for each row that occurred. */
static int read_options(struct options *options, int argc, char **argv, unsigned *used,
                        struct failure *why)
{
    struct option table[ROWS + 1];
    char letters[2 * ROWS + 2], buffer[4];
    int code;

    make_tables(table, letters);
    opterr = 0;
    while ((code = getopt_long(argc, argv, letters, table, NULL)) != -1) {
        if (code == ':')
            return failure_set(why, "%s needs an argument", QUOTE(typed(argv, buffer)));
        if (code == '?')
            return failure_set(why, "%s: no such option", QUOTE(typed(argv, buffer)));
        *used |= 1u << (find_row(code) - rows);
        if (set_option(options, code, optarg, why))
            return -1;
    }
    return 0;
}

/* The first word is a command, or else an image to pack. After "--" all words are images. */
static void find_command(struct options *options, int argc, char **argv)
{
    bool images_only = optind > 1 && !strcmp(argv[optind - 1], "--");

    options->words = argv + optind;
    options->word_count = argc - optind;
    for (size_t i = 0; i < COMMANDS && options->word_count > 0 && !images_only; i++) {
        if (strcmp(options->words[0], commands[i].name) != 0)
            continue;
        options->command = commands[i].command;
        options->words++;
        options->word_count--;
        return;
    }
}

static int check_applicable(const struct options *options, unsigned used, struct failure *why)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (used >> i & 1 && !(rows[i].commands & options->command))
            return failure_set(why, "--%s does not apply to this command", rows[i].name);
    }
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct failure *why)
{
    unsigned used = 0;

    *options = (struct options){
        .command = COMMAND_PACK, .label = DEFAULT_LABEL, .max_findings = DEFAULT_MAX_FINDINGS};
    if (read_options(options, argc, argv, &used, why))
        return -1;
    find_command(options, argc, argv);
    return options->help || options->version ? 0 : check_applicable(options, used, why);
}

static void print_row(FILE *out, const struct option_row *row)
{
    char left[64], letter[8] = "    ";

    if (row->code < 256)
        snprintf(letter, sizeof(letter), "-%c, ", row->code);
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    fprintf(out, "  %-26s %s\n", left, row->help);
}

static void print_commands(FILE *out, unsigned only)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!only || commands[i].command == only)
            fprintf(out, "  qedscrub %-36s\n      %s\n", commands[i].synopsis, commands[i].purpose);
    }
}

void options_help(FILE *out, unsigned command)
{
    fprintf(out, "Usage:\n");
    print_commands(out, command);
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < ROWS; i++) {
        if (!command || rows[i].commands & command)
            print_row(out, &rows[i]);
    }
    fprintf(out, "\nExit status: 0 consistent, or packed; 1 failed; 2 corrupt; 3 leaks only; "
                 "63 not a QED image.\n");
    if (!command || command == COMMAND_PACK)
        fprintf(out, "\nTo begin with:  qedscrub image.qed -o bug.tar.gz\n");
}
