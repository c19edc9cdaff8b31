/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "qedscrub/option_rows.h"

#define MOST_JOBS 256

/* Digits only, up to a limit. */
static bool number_of(const char *argument, unsigned long limit, unsigned long *value)
{
    char *end;

    errno = 0;
    *value = strtoul(argument, &end, 10);
    return argument[0] >= '0' && argument[0] <= '9' && !*end && !errno && *value <= limit;
}

int option_set_against(struct options *options, const char *argument, struct failure *why)
{
    (void)why;
    options->against = argument;
    return 0;
}

int option_set_archive(struct options *options, const char *argument, struct failure *why)
{
    (void)why;
    options->archive = argument;
    return 0;
}

int option_set_assume_qed(struct options *options, const char *argument, struct failure *why)
{
    options->assume_qed = true;
    if (strcmp(argument, "qed") != 0)
        return failure_set(why, "-f %s: only qed is understood", QUOTE(argument));
    return 0;
}

int option_set_color(struct options *options, const char *argument, struct failure *why)
{
    static const char *const names[] = {"auto", "always", "never"};

    for (int i = 0; i < 3; i++) {
        if (strcmp(argument, names[i]) != 0)
            continue;
        options->color = (enum color_when)i;
        return 0;
    }
    return failure_set(why, "--color %s: give auto, always or never", QUOTE(argument));
}

int option_set_deflate(struct options *options, const char *argument, struct failure *why)
{
    options->plain_deflate = !strcmp(argument, "zlib");
    if (!options->plain_deflate && strcmp(argument, "tables") != 0)
        return failure_set(why, "--deflate %s: give tables or zlib", QUOTE(argument));
    return 0;
}

int option_set_jobs(struct options *options, const char *argument, struct failure *why)
{
    unsigned long value;

    if (!number_of(argument, MOST_JOBS, &value) || value == 0)
        return failure_set(why, "--jobs %s: give a number from 1 to %d", QUOTE(argument),
                           MOST_JOBS);
    options->jobs = (unsigned)value;
    return 0;
}

int option_set_fill(struct options *options, const char *argument, struct failure *why)
{
    options->fill_offset = true;
    if (strcmp(argument, "offset") != 0)
        return failure_set(why, "--fill %s: only offset is understood", QUOTE(argument));
    return 0;
}

int option_set_label(struct options *options, const char *argument, struct failure *why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";

    options->label = argument;
    if (!argument[0] || argument[0] == '.' || argument[0] == '-' || strlen(argument) > 100 ||
        argument[strspn(argument, allowed)])
        return failure_set(why,
                           "--label %s: give up to 100 letters, digits, '.', '_' and '-', not "
                           "beginning with '.' or '-'",
                           QUOTE(argument));
    return 0;
}

/* What a command has no such format for it refuses itself. */
int option_set_output(struct options *options, const char *argument, struct failure *why)
{
    (void)why;
    options->output = argument;
    return 0;
}

int option_set_max_findings(struct options *options, const char *argument, struct failure *why)
{
    unsigned long value;

    if (!number_of(argument, 1000000, &value))
        return failure_set(why, "--max-findings %s: give a number from 0 to 1000000",
                           QUOTE(argument));
    options->max_findings = value;
    return 0;
}
