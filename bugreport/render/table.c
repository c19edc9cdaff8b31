/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/render/escape.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/text.h"
#include "bugreport/render/words.h"

#define OUTCOME_WIDTH 11
#define PERCENT_WIDTH 6 /* of a percentage */
#define BYTES_WIDTH   8
#define LEAST_ROOM    12 /* for a path, however narrow the terminal is */
#define CELL_SIZE     32

struct table {
    FILE *out;
    const struct fleet *fleet;
    int corruptions_width, leaks_width;
    size_t room; /* columns for path and remarks; 0: as many as they take */
};

static int digits(uint64_t value)
{
    return snprintf(NULL, 0, "%" PRIu64, value);
}

static void measure(struct table *table, unsigned width)
{
    uint64_t corruptions = 0, leaks = 0;
    size_t used;

    for (size_t i = 0; i < table->fleet->count; i++) {
        const struct record *record = &table->fleet->entries[i].record;

        corruptions = record->corruptions > corruptions ? record->corruptions : corruptions;
        if (record->leaks != RECORD_UNKNOWN && record->leaks > leaks)
            leaks = record->leaks;
    }
    table->corruptions_width = digits(corruptions) > 7 ? digits(corruptions) : 7;
    table->leaks_width = digits(leaks) > 5 ? digits(leaks) : 5;
    used = 2 + OUTCOME_WIDTH + 1 + (size_t)table->corruptions_width + 1 +
           (size_t)table->leaks_width + 1 + PERCENT_WIDTH + 1 + BYTES_WIDTH + 2;
    if (width)
        table->room = width > used + LEAST_ROOM ? width - used : LEAST_ROOM;
}

static void print_columns(const struct table *table, const char *mark, const char *outcome,
                          const char *corruptions, const char *leaks, const char *fragmented,
                          const char *size)
{
    fprintf(table->out, "%-1s %-*s %*s %*s %*s %*s  ", mark, OUTCOME_WIDTH, outcome,
            table->corruptions_width, corruptions, table->leaks_width, leaks, PERCENT_WIDTH,
            fragmented, BYTES_WIDTH, size);
}

static void print_figures(const struct table *table, const struct fleet_entry *entry)
{
    const struct record *record = &entry->record;
    const char *mark = policy_failing(&table->fleet->policy, entry) ? "!" : "";
    char number[WORDS_NUMBER_SIZE], corruptions[CELL_SIZE] = "-", leaks[CELL_SIZE] = "-",
                                    fragmented[CELL_SIZE] = "-";
    char size[TEXT_SIZE_SIZE] = "-";

    if (entry->status == ENTRY_OK && record->has_figures) {
        snprintf(corruptions, CELL_SIZE, "%" PRIu64, record->corruptions);
        snprintf(leaks, CELL_SIZE, "%s", words_leaks(number, record));
        snprintf(fragmented, CELL_SIZE, "%.2f", record->fragmented_percent);
    }
    if (entry->status == ENTRY_OK && record->virtual_size != RECORD_UNKNOWN)
        text_short_size(size, record->virtual_size);
    print_columns(table, mark, words_outcome(entry), corruptions, leaks, fragmented, size);
}

/* Columns that text may take: characters beyond ASCII can be two wide. */
static size_t columns(const char *text)
{
    size_t count = 0, length = strlen(text), size;
    unsigned character;

    for (size_t at = 0; at < length; at += size) {
        size = quote_utf8(text + at, length - at, &character);
        size = size ? size : 1;
        count += size > 1 ? 2 : 1;
    }
    return count;
}

/* Cuts the end of a text, or with keep_end its beginning, so that it fits. */
static void print_cut(FILE *out, const char *text, size_t room, bool keep_end)
{
    size_t total = columns(text), left = room > 3 ? room - 3 : 0, used = 0, length = strlen(text);
    unsigned character;

    if (!room || total <= room) {
        fputs(text, out);
        return;
    }
    if (keep_end)
        fputs("...", out);
    for (size_t at = 0, size, wide; at < length; at += size) {
        size = quote_utf8(text + at, length - at, &character);
        size = size ? size : 1;
        wide = size > 1 ? 2 : 1;
        used += wide;
        if (keep_end ? used > total - left : used <= left)
            fwrite(text + at, 1, size, out);
    }
    if (!keep_end)
        fputs("...", out);
}

/* What writes one part of a row. */
typedef void print_part(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry);

/* The part as text, which the caller frees; NULL: out of memory. */
static char *text_of(print_part *print, const struct fleet *fleet, const struct fleet_entry *entry)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    print(out, fleet, entry);
    if (!fclose(out))
        return text;
    free(text);
    return NULL;
}

static void print_path(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    (void)fleet;
    escape_text(out, entry->record.filename, escape_put_plain);
}

static void print_remarks(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    if (entry->message)
        escape_text(out, entry->message, escape_put_plain);
    else
        words_remarks(out, fleet, entry);
}

static void print_seconds(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    print_remarks(out, fleet, entry);
    if (entry->has_seconds)
        fprintf(out, "  %.3f s", entry->seconds);
}

static int print_row(const struct table *table, const struct fleet_entry *entry,
                     struct failure *why)
{
    char *path = text_of(print_path, table->fleet, entry);
    char *remarks = text_of(print_seconds, table->fleet, entry);
    size_t used;

    if (path && remarks) {
        used = columns(path) + 2;
        print_figures(table, entry);
        print_cut(table->out, path, table->room, true);
        if (remarks[0] && (!table->room || used + 4 < table->room)) {
            fputs("  ", table->out);
            print_cut(table->out, remarks, table->room ? table->room - used : 0, false);
        }
        fputs("\n", table->out);
    } else {
        failure_set_errno(why, ENOMEM, "cannot print a table");
    }
    free(path);
    free(remarks);
    return why->text[0] ? -1 : 0;
}

int render_table(FILE *out, const struct fleet *fleet, const struct render_options *options,
                 struct failure *why)
{
    struct table table = {.out = out, .fleet = fleet};
    size_t *order = fleet_worst_first(fleet, why);
    int result = order ? 0 : -1;

    measure(&table, options->width);
    if (fleet->count && !result) {
        print_columns(&table, "", "verdict", "corrupt", "leaks", "frag %", "size");
        fputs("image\n", out);
    }
    for (size_t i = 0; !result && i < fleet->count; i++)
        result = print_row(&table, &fleet->entries[order[i]], why);
    free(order);
    if (result)
        return -1;
    if (fleet->count)
        fputs("\n", out);
    words_totals(out, fleet, "");
    return 0;
}
