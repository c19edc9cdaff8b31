/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "qedscrub/option_rows.h"

#define LEFT_WIDTH 28

/* Further lines of a help begin where its first does. */
static void print_help(FILE *out, const char *help)
{
    for (; *help; help++) {
        putc(*help, out);
        if (*help == '\n')
            fprintf(out, "%*s", LEFT_WIDTH + 3, "");
    }
    putc('\n', out);
}

static void print_row(FILE *out, const struct option_row *row)
{
    char left[64], letter[8] = "    ";

    if (row->letter)
        snprintf(letter, sizeof(letter), "-%c, ", row->letter);
    snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    fprintf(out, "  %-*s ", LEFT_WIDTH, left);
    print_help(out, row->help);
}

static void print_commands(FILE *out, unsigned only)
{
    for (const struct command_row *row = command_rows; row->name; row++) {
        if (!only || row->command == only)
            fprintf(out, "  qedscrub %s\n      %s\n", row->synopsis, row->purpose);
    }
}

static void print_options(FILE *out, unsigned command)
{
    fprintf(out, "\nOptions:\n");
    for (const struct option_row *row = option_rows; row->name; row++) {
        if (row->commands & command)
            print_row(out, row);
    }
}

void options_help(FILE *out, unsigned command)
{
    fprintf(out, "Usage:\n");
    print_commands(out, command);
    if (command)
        print_options(out, command);
    else
        fprintf(out, "\nqedscrub COMMAND --help tells the options of a command.\n");
    if (command == COMMAND_DIFF) {
        fprintf(out, "\nExit status, as of diff(1): 0 the same; 1 different; 2 trouble.\n");
        return;
    }
    fprintf(out, "\nExit status: 0 consistent, or packed; 1 failed; 2 corrupt; 3 leaks only; "
                 "4 over a\nlimit that was given; 63 not a QED image.\n");
    if (!command || command == COMMAND_PACK)
        fprintf(out, "\nTo begin with:  qedscrub image.qed -o bug.tar.gz\n");
}
