/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/words.h"

#include <inttypes.h>

#include "bugreport/render/text.h"

const char *words_outcome(const struct fleet_entry *entry)
{
    return entry->status == ENTRY_OK ? verdict_name(entry->record.verdict)
                                     : entry_status_name(entry->status);
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

static void print_chain(FILE *out, const struct backing_chain *chain, const char **before)
{
    static const char *const texts[BACKING_STATES] = {
        [BACKING_MISSING] = "backing file not among the images",
        [BACKING_LOOP] = "backing files in a loop",
    };

    if (chain->state == BACKING_FOUND)
        fprintf(out, "%s%zu deep", *before, chain->depth);
    else if (texts[chain->state])
        fprintf(out, "%s%s", *before, texts[chain->state]);
    else
        return;
    *before = "; ";
}

void words_remarks(FILE *out, const struct fleet *fleet, const struct fleet_entry *entry)
{
    const struct record *record = &entry->record;
    unsigned known = fleet->policy.has_baseline ? entry->causes & entry->known : 0;
    const char *before = "";

    if (entry->status == ENTRY_OK && record->dirty_flag) {
        fprintf(out, "%sdirty", before);
        before = "; ";
    }
    if (entry->status == ENTRY_OK && record->in_use) {
        fprintf(out, "%sread while in use", before);
        before = "; ";
    }
    if (known) {
        fprintf(out, "%sknown: ", before);
        words_causes(out, known, ", ");
        before = "; ";
    }
    if (&fleet->entries[entry->first_link] != entry) {
        fprintf(out, "%ssame file as another", before);
        before = "; ";
    }
    print_chain(out, &entry->chain, &before);
    if (entry->chain.overlays)
        fprintf(out, "%sbase of %zu", before, entry->chain.overlays);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void words_damage(FILE *out, const struct record *record)
{
    char size[TEXT_SIZE_SIZE];

    fprintf(out, "%" PRIu64 " corruption%s, %" PRIu64 " leaked cluster%s", record->corruptions,
            plural(record->corruptions), record->leaks, plural(record->leaks));
    if (record->leaked_bytes)
        fprintf(out, " (%s)", text_short_size(size, record->leaked_bytes));
}

static void print_counts(FILE *out, const struct fleet_totals *totals, const char *prefix)
{
    fprintf(out, "%s%" PRIu64 " image%s", prefix, totals->images, plural(totals->images));
    if (totals->paths != totals->images)
        fprintf(out, " of %" PRIu64 " names", totals->paths);
    for (unsigned i = 0; i < VERDICTS; i++) {
        if (totals->verdicts[i])
            fprintf(out, ", %" PRIu64 " %s", totals->verdicts[i], verdict_name((enum verdict)i));
    }
    for (unsigned i = ENTRY_OK + 1; i < ENTRY_STATUSES; i++) {
        if (totals->statuses[i])
            fprintf(out, ", %" PRIu64 " %s", totals->statuses[i],
                    entry_status_name((enum entry_status)i));
    }
    if (totals->dirty)
        fprintf(out, ", %" PRIu64 " dirty", totals->dirty);
    fprintf(out, "\n");
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100 / (double)whole : 0;
}

static void print_sizes(FILE *out, const struct fleet_totals *totals, const char *prefix)
{
    char of_guests[TEXT_SIZE_SIZE], of_files[TEXT_SIZE_SIZE], leaked[TEXT_SIZE_SIZE];

    fprintf(out, "%s%s of guests in %s of files, %s leaked, %.2f %% fragmented\n", prefix,
            text_short_size(of_guests, totals->virtual_size),
            text_short_size(of_files, totals->file_size),
            text_short_size(leaked, totals->leaked_bytes),
            percent(totals->fragmented_clusters, totals->allocated_clusters));
}

static void print_chains(FILE *out, const struct fleet_totals *totals, const char *prefix)
{
    if (!totals->shared_bases && !totals->missing_bases && !totals->loops)
        return;
    fprintf(out,
            "%sbacking files: %" PRIu64 " under several images, %" PRIu64
            " not among the images, %" PRIu64 " in a loop\n",
            prefix, totals->shared_bases, totals->missing_bases, totals->loops);
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
