/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/words.h"

#include <inttypes.h>
#include <string.h>

#include "bugreport/render/text.h"

const char *words_outcome(const struct fleet_entry *entry)
{
    return entry->status == ENTRY_OK ? verdict_name(entry->record.verdict)
                                     : entry_status_name(entry->status);
}

const char *words_leaks(char buffer[WORDS_NUMBER_SIZE], const struct record *record)
{
    if (record->leaks == RECORD_UNKNOWN)
        return "?";
    snprintf(buffer, WORDS_NUMBER_SIZE, "%" PRIu64, record->leaks);
    return buffer;
}

/* Some outcomes are both verdicts and reasons not to examine. */
static size_t add_outcome(struct outcome *list, size_t count, const char *name, uint64_t images)
{
    size_t at = 0;

    while (at < count && strcmp(list[at].name, name) != 0)
        at++;
    if (at == count)
        list[count++] = (struct outcome){name, 0};
    list[at].images += images;
    return count;
}

size_t words_outcomes(const struct fleet_totals *totals, struct outcome list[WORDS_OUTCOMES])
{
    size_t count = 0;

    for (unsigned i = 0; i < VERDICTS; i++)
        count = add_outcome(list, count, verdict_name((enum verdict)i), totals->verdicts[i]);
    for (unsigned i = ENTRY_OK + 1; i < ENTRY_STATUSES; i++)
        count =
            add_outcome(list, count, entry_status_name((enum entry_status)i), totals->statuses[i]);
    return count;
}

void words_causes(FILE *out, unsigned causes, const char *separator)
{
    const char *before = "";

    for (unsigned cause = 0; cause < CAUSES; cause++) {
        if (causes >> cause & 1) {
            fprintf(out, "%s%s", before, cause_name((enum policy_cause)cause));
            before = separator;
        }
    }
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Writes parts of a sentence with a separator between them. */
struct parts {
    FILE *out;
    const char *before;
};

static FILE *next_part(struct parts *parts)
{
    fputs(parts->before, parts->out);
    parts->before = "; ";
    return parts->out;
}

static void print_chain(struct parts *parts, const struct backing_chain *chain)
{
    if (chain->state == BACKING_FOUND)
        fprintf(next_part(parts), "on %zu backing file%s", chain->depth, plural(chain->depth));
    else if (chain->state == BACKING_MISSING)
        fputs("backing file not among the images", next_part(parts));
    else if (chain->state == BACKING_LOOP)
        fputs("backing files in a loop", next_part(parts));
    if (chain->overlays)
        fprintf(next_part(parts), "backing file of %zu", chain->overlays);
}

void words_remarks(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    unsigned known = fleet->policy.has_baseline ? entry->causes & entry->known : 0;
    struct parts parts = {out, ""};

    if (entry->status == ENTRY_OK && entry->record.dirty_flag)
        fputs("dirty", next_part(&parts));
    if (entry->status == ENTRY_OK && entry->record.in_use)
        fputs("read while in use", next_part(&parts));
    if (entry->causes & 1u << CAUSE_FRAGMENTATION)
        fputs("too fragmented", next_part(&parts));
    if (known) {
        fputs("known: ", next_part(&parts));
        words_causes(out, known, ", ");
    }
    if (&fleet->entries[entry->first_link] != entry)
        fputs("same file as another", next_part(&parts));
    print_chain(&parts, &entry->chain);
}

static void print_reason(FILE *out, const struct policy *policy, const struct record *record,
                         enum policy_cause cause)
{
    char size[TEXT_SIZE_SIZE];

    switch (cause) {
    case CAUSE_CORRUPT:
        fprintf(out, "corrupt, %" PRIu64 " corruption%s", record->corruptions,
                plural(record->corruptions));
        break;
    case CAUSE_LEAKS:
        fprintf(out, "%" PRIu64 " leaked cluster%s (%s)", record->leaks, plural(record->leaks),
                text_short_size(size, record->leaked_bytes));
        break;
    case CAUSE_FRAGMENTATION:
        fprintf(out, "%.2f percent fragmented, more than %.15g", record->fragmented_percent,
                policy->max_fragmentation);
        break;
    case CAUSE_DIRTY:
        fputs("marked as needing a check", out);
        break;
    case CAUSE_IN_USE:
        fputs("in use", out);
        break;
    case CAUSE_UNREADABLE:
        fprintf(out, "%" PRIu64 " element%s cannot be read", record->check_errors,
                plural(record->check_errors));
        break;
    case CAUSE_UNSUPPORTED:
    case CAUSES:
        fputs(cause_name(cause), out);
    }
}

void words_reasons(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry,
                   unsigned causes)
{
    struct parts parts = {out, ""};

    for (unsigned cause = 0; cause < CAUSES; cause++) {
        if (causes >> cause & 1)
            print_reason(next_part(&parts), &fleet->policy, &entry->record,
                         (enum policy_cause)cause);
    }
    if (fleet->policy.has_baseline && causes & entry->known) {
        fputs("known since the baseline: ", next_part(&parts));
        words_causes(out, causes & entry->known, ", ");
    }
}

static void print_counts(FILE *out, const struct fleet_totals *totals, const char *prefix)
{
    struct outcome outcomes[WORDS_OUTCOMES];
    size_t count = words_outcomes(totals, outcomes);
    const char *before = ": ";

    fprintf(out, "%s%" PRIu64 " image%s", prefix, totals->images, plural(totals->images));
    if (totals->paths != totals->images)
        fprintf(out, " with %" PRIu64 " names", totals->paths);
    for (size_t i = 0; i < count; i++) {
        if (!outcomes[i].images)
            continue;
        fprintf(out, "%s%" PRIu64 " %s", before, outcomes[i].images, outcomes[i].name);
        before = ", ";
    }
    if (totals->dirty)
        fprintf(out, "; %" PRIu64 " dirty", totals->dirty);
    fprintf(out, "\n");
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100 / (double)whole : 0;
}

static void print_sizes(FILE *out, const struct fleet_totals *totals, const char *prefix)
{
    char of_guests[TEXT_SIZE_SIZE], of_files[TEXT_SIZE_SIZE], leaked[TEXT_SIZE_SIZE];

    fprintf(out, "%s%s of guests in %s of files, %s leaked, %.2f percent fragmented\n", prefix,
            text_short_size(of_guests, totals->virtual_size),
            text_short_size(of_files, totals->file_size),
            text_short_size(leaked, totals->leaked_bytes),
            percent(totals->fragmented_clusters, totals->allocated_clusters));
}

static void print_chains(FILE *out, const struct fleet_totals *totals, const char *prefix)
{
    struct parts parts = {out, ""};

    if (!totals->shared_bases && !totals->missing_bases && !totals->loops)
        return;
    fprintf(out, "%sbacking files: ", prefix);
    if (totals->shared_bases)
        fprintf(next_part(&parts), "%" PRIu64 " of several images", totals->shared_bases);
    if (totals->missing_bases)
        fprintf(next_part(&parts), "%" PRIu64 " not among the images", totals->missing_bases);
    if (totals->loops)
        fprintf(next_part(&parts), "%" PRIu64 " in a loop", totals->loops);
    fprintf(out, "\n");
}

static void print_verdict(FILE *out, const struct fleet *fleet, const struct fleet_totals *totals,
                          const char *prefix)
{
    if (!totals->failing) {
        fprintf(out, "%spasses%s\n", prefix,
                fleet->policy.has_baseline ? ": nothing new since the baseline" : "");
        return;
    }
    fprintf(out, "%sfails on %" PRIu64 " image%s: ", prefix, totals->failing,
            plural(totals->failing));
    words_causes(out, policy_failing_all(fleet), ", ");
    fprintf(out, "%s\n", fleet->policy.has_baseline ? ", new since the baseline" : "");
}

void words_missing(FILE *out, const struct fleet *fleet, const char *prefix)
{
    const char *before = " ";

    if (fleet->interrupted)
        fprintf(out, "%sincomplete: not all images were examined\n", prefix);
    if (fleet_has_all_shards(fleet))
        return;
    fprintf(out, "%sshards missing:", prefix);
    for (unsigned i = 0; i < fleet->shard_count; i++) {
        if (!fleet->shard_in[i]) {
            fprintf(out, "%s%u", before, i + 1);
            before = ", ";
        }
    }
    fprintf(out, " of %u\n", fleet->shard_count);
}

void words_totals(FILE *out, const struct fleet *fleet, const char *prefix)
{
    struct fleet_totals totals;

    fleet_total(fleet, &totals);
    print_counts(out, &totals, prefix);
    print_sizes(out, &totals, prefix);
    print_chains(out, &totals, prefix);
    print_verdict(out, fleet, &totals, prefix);
    words_missing(out, fleet, prefix);
}
