/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/quote.h"
#include "qedscrub/option_rows.h"

int option_set_baseline(struct options *options, const char *argument, struct failure *why)
{
    (void)why;
    options->baseline = argument;
    return 0;
}

/* The cause that the first length bytes of a list name; CAUSES if they name none. */
static unsigned cause_of(const char *name, size_t length)
{
    unsigned cause = 0;

    while (cause < CAUSES && (strlen(cause_name((enum policy_cause)cause)) != length ||
                              strncmp(name, cause_name((enum policy_cause)cause), length) != 0))
        cause++;
    return cause;
}

int option_set_fail_on(struct options *options, const char *argument, struct failure *why)
{
    const char *at = argument;
    unsigned causes = 0;

    while (1) {
        size_t length = strcspn(at, ",");
        unsigned cause = cause_of(at, length);

        if (cause == CAUSES)
            return failure_set(why,
                               "--fail-on %s: give a list of corrupt, leaks, unreadable, "
                               "unsupported, dirty, in-use and fragmentation",
                               QUOTE(argument));
        causes |= 1u << cause;
        if (!at[length])
            break;
        at += length + 1;
    }
    options->policy.fail_on = causes;
    options->policy_given = true;
    return 0;
}

int option_set_max_fragmentation(struct options *options, const char *argument, struct failure *why)
{
    char *end;
    double value = strtod(argument, &end);

    if (!strcmp(end, "%"))
        end++;
    if (argument[0] < '0' || argument[0] > '9' || *end || !isfinite(value) || value > 100)
        return failure_set(why, "--max-fragmentation %s: give a percentage from 0 to 100",
                           QUOTE(argument));
    options->policy.max_fragmentation = value;
    options->policy_given = true;
    return 0;
}

int option_set_max_leaked(struct options *options, const char *argument, struct failure *why)
{
    static const char suffixes[] = "KMGTPE";
    unsigned long long value;
    uint64_t bytes = 0;
    const char *suffix;
    char *end;
    bool good;

    errno = 0;
    value = strtoull(argument, &end, 10);
    suffix = *end ? strchr(suffixes, *end) : NULL;
    good = !errno && argument[0] >= '0' && argument[0] <= '9' && (!*end || (suffix && !end[1]));
    if (!good ||
        !checked_multiply(value, suffix ? UINT64_C(1) << 10 * (suffix - suffixes + 1) : 1, &bytes))
        return failure_set(why, "--max-leaked %s: give a number of bytes, as 4096, 64K or 2G",
                           QUOTE(argument));
    options->policy.max_leaked = bytes;
    options->policy_given = true;
    return 0;
}

static const struct format_row *format_of(const char *argument, size_t length)
{
    const struct format_row *row = format_rows;

    while (row->name && (strlen(row->name) != length || strncmp(row->name, argument, length) != 0))
        row++;
    return row->name ? row : NULL;
}

int option_set_report(struct options *options, const char *argument, struct failure *why)
{
    size_t length = strcspn(argument, "=");
    const struct format_row *format = format_of(argument, length);
    const char *path = argument + length + 1;

    if (!argument[length] || !format || !path[0])
        return failure_set(why, "--report %s: give FORMAT=FILE, as in json=report.json",
                           QUOTE(argument));
    for (unsigned i = 0; i < options->report_count; i++) {
        if (!strcmp(options->reports[i].path, path))
            return failure_set(why, "--report %s: that file is another report's already",
                               QUOTE(argument));
    }
    if (options->report_count == MAX_REPORTS)
        return failure_set(why, "--report: no more than %d are possible", MAX_REPORTS);
    options->reports[options->report_count++] = (struct report_option){format, path};
    return 0;
}

int option_check_policy(const struct options *options, struct failure *why)
{
    const unsigned fragmentation = 1u << CAUSE_FRAGMENTATION;

    if (options->policy.max_fragmentation == POLICY_NO_LIMIT &&
        options->policy.fail_on != POLICY_DEFAULT.fail_on &&
        options->policy.fail_on & fragmentation)
        return failure_set(why, "--fail-on fragmentation: say with --max-fragmentation how much "
                                "is too much");
    return 0;
}
