/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

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
    fputs(",title=QED image::", out);
    escape_text(out, entry->record.filename, escape_put_message);
    fputs(": ", out);
    if (entry->status == ENTRY_OK) {
        words_reasons(out, fleet, entry, entry->causes);
    } else {
        fputs(words_outcome(entry), out);
        if (entry->message) {
            fputs(": ", out);
            escape_text(out, entry->message, escape_put_message);
        }
    }
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

int render_github(FILE *out, const struct fleet *fleet, const struct render_options *options,
                  struct failure *why)
{
    size_t *order = fleet_worst_first(fleet, why);

    (void)options;
    if (!order)
        return -1;
    print_level(out, "error", fleet, order, true);
    print_level(out, "warning", fleet, order, false);
    words_totals(out, fleet, "::notice title=QED images::");
    free(order);
    return 0;
}
