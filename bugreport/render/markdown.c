/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "bugreport/render/escape.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/text.h"
#include "bugreport/render/words.h"

#define MAX_ROWS 100 /* a step summary may take 1 MiB, and a reader less */

static void print_row(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    const struct record *record = &entry->record;
    char leaks[WORDS_NUMBER_SIZE];

    fputs("| <code>", out);
    escape_text(out, record->filename, escape_put_markdown);
    fprintf(out, "</code> | %s%s%s |", policy_failing(&fleet->policy, entry) ? "**" : "",
            words_outcome(entry), policy_failing(&fleet->policy, entry) ? "**" : "");
    if (entry->status == ENTRY_OK && record->has_figures)
        fprintf(out, " %" PRIu64 " | %s | %.2f |", record->corruptions, words_leaks(leaks, record),
                record->fragmented_percent);
    else
        fputs(" | | |", out);
    fputs(" ", out);
    if (entry->message)
        escape_text(out, entry->message, escape_put_markdown);
    else
        words_remarks(out, fleet, entry);
    fputs(" |\n", out);
}

/* Only images with something to say are in the table. */
static void print_rows(FILE *out, const struct fleet *fleet, const size_t *order)
{
    size_t rows = 0;

    for (size_t i = 0; i < fleet->count; i++)
        rows += fleet->entries[i].causes != 0;
    if (rows == 0)
        return;
    fputs("\n| image | verdict | corruptions | leaks | fragmented, % | remarks |\n"
          "|---|---|--:|--:|--:|---|\n",
          out);
    for (size_t i = 0; i < rows && i < MAX_ROWS; i++)
        print_row(out, fleet, &fleet->entries[order[i]]);
    if (rows > MAX_ROWS)
        fprintf(out, "\nand %zu more.\n", rows - MAX_ROWS);
}

int render_markdown(FILE *out, const struct fleet *fleet, const struct render_options *options,
                    struct failure *why)
{
    size_t *order = fleet_worst_first(fleet, why);

    (void)options;
    if (!order)
        return -1;
    fputs("### QED images\n\n", out);
    words_totals(out, fleet, "- ");
    print_rows(out, fleet, order);
    free(order);
    return 0;
}
