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

static void print_exit_statuses(FILE *out)
{
    fprintf(out, "\nExit status: 0 consistent, or packed; 1 failed; 2 corrupt; 3 leaks only; "
                 "4 over a\nlimit that was given; 63 not a QED image.\n");
}

static void help_on_program(FILE *out)
{
    fprintf(out, "qedscrub packs the metadata of a broken QED disk image for a bug report, without "
                 "the\nguest's data, and checks images by the thousand.\n\n"
                 "  qedscrub image.qed -o bug.tar.gz         pack an image for a bug tracker\n"
                 "  qedscrub audit images/                   examine all images in a folder\n\n"
                 "Commands:\n");
    for (const struct command_row *row = command_rows; row->name; row++)
        fprintf(out, "  %s\n      %s\n", row->synopsis, row->purpose);
    print_exit_statuses(out);
    fprintf(out, "\nThe options of a command:  qedscrub COMMAND --help\n"
                 "All of it:                 man qedscrub\n");
}

static void help_on_command(FILE *out, const struct command_row *command)
{
    fprintf(out, "Usage: qedscrub %s\n%s\n\n", command->synopsis, command->purpose);
    for (const struct option_row *row = option_rows; row->name; row++) {
        if (row->commands & command->command)
            print_row(out, row);
    }
    if (command->statuses)
        fprintf(out, "\nExit status: %s.\n", command->statuses);
    else
        print_exit_statuses(out);
    fprintf(out, "\nFor example:  %s\n", command->example);
}

void options_help(FILE *out, unsigned command)
{
    if (command)
        help_on_command(out, command_row_of((enum command)command));
    else
        help_on_program(out);
}
