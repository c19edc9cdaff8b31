/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/render/escape.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/words.h"

/* GitHub shows no more of a level from one step. */
#define MAX_OF_LEVEL 10

static void print_annotation(FILE *out, const char *level, const struct fleet *fleet,
                             const struct fleet_entry *entry)
{
    fprintf(out, "::%s file=", level);
    escape_text(out, entry->record.filename, escape_put_property);
    fprintf(out, ",title=QED image %s::", words_outcome(entry));
    escape_text(out, entry->record.filename, escape_put_message);
    fputs(": ", out);
    if (entry->message)
        escape_text(out, entry->message, escape_put_message);
    else
        words_causes(out, entry->causes, ", ");
    if (entry->status == ENTRY_OK && (entry->record.corruptions || entry->record.leaks)) {
        fputs("; ", out);
        words_damage(out, &entry->record);
    }
    if (fleet->policy.has_baseline && entry->causes & entry->known)
        fputs("; known since the baseline", out);
    fputs("\n", out);
}

/* Annotates the entries with causes that fail, or those that do not. */
static void print_level(FILE *out, const char *level, const struct fleet *fleet,
                        const size_t *order, bool failing)
{
    size_t total = 0, shown = 0, most;

    for (size_t i = 0; i < fleet->count; i++)
        total += fleet->entries[i].causes &&
                 (policy_failing(&fleet->policy, &fleet->entries[i]) != 0) == failing;
    most = total > MAX_OF_LEVEL ? MAX_OF_LEVEL - 1 : total;
    for (size_t i = 0; shown < most; i++) {
        const struct fleet_entry *entry = &fleet->entries[order[i]];

        if (!entry->causes || (policy_failing(&fleet->policy, entry) != 0) != failing)
            continue;
        print_annotation(out, level, fleet, entry);
        shown++;
    }
    if (total > most)
        fprintf(out, "::%s title=QED images::and %zu more images\n", level, total - most);
}

/* The totals as notices, of which they make fewer than a level may have. */
static int print_totals(FILE *out, const struct fleet *fleet, struct failure *why)
{
    char *text = NULL, *rest, *line;
    size_t size;
    FILE *lines = open_memstream(&text, &size);

    if (lines)
        words_totals(lines, fleet, "");
    if (!lines || fclose(lines)) {
        free(text);
        return failure_set_errno(why, ENOMEM, "cannot render annotations");
    }
    rest = text;
    while ((line = strsep(&rest, "\n")) && line[0]) {
        fputs("::notice title=QED images::", out);
        escape_text(out, line, escape_put_message);
        fputs("\n", out);
    }
    free(text);
    return 0;
}

int render_github(FILE *out, const struct fleet *fleet, const struct render_options *options,
                  struct failure *why)
{
    size_t *order = fleet_worst_first(fleet, why);
    int result;

    (void)options;
    if (!order)
        return -1;
    print_level(out, "error", fleet, order, true);
    print_level(out, "warning", fleet, order, false);
    result = print_totals(out, fleet, why);
    free(order);
    return result;
}
