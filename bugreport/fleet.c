/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/path.h"
#include "bugreport/links.h"

const char *entry_status_name(enum entry_status status)
{
    static const char *const names[ENTRY_STATUSES] = {
        "ok", "unreadable", "vanished", "crashed", "timeout", "in-use", "not-qed",
    };

    return names[status];
}

const char *backing_state_name(enum backing_state state)
{
    static const char *const names[BACKING_STATES] = {
        "none", "found", "missing", "unknown", "loop",
    };

    return names[state];
}

void fleet_init(struct fleet *fleet)
{
    *fleet = (struct fleet){.policy = POLICY_DEFAULT};
}

static void free_entry(struct fleet_entry *entry)
{
    record_free(&entry->record);
    free(entry->message);
}

void fleet_free(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        free_entry(&fleet->entries[i]);
    free(fleet->entries);
    free(fleet->shard_in);
    fleet_init(fleet);
}

static int reserve(struct fleet *fleet, struct failure *why)
{
    size_t capacity = fleet->capacity ? fleet->capacity * 2 : 64;
    struct fleet_entry *entries;

    if (fleet->count < fleet->capacity)
        return 0;
    entries = reallocarray(fleet->entries, capacity, sizeof(*entries));
    if (!entries)
        return failure_set_errno(why, ENOMEM, "cannot keep %zu records", capacity);
    fleet->entries = entries;
    fleet->capacity = capacity;
    return 0;
}

struct fleet_entry *fleet_add(struct fleet *fleet, const char *path, struct failure *why)
{
    struct fleet_entry *entry;
    char *name;

    if (reserve(fleet, why))
        return NULL;
    name = path_anchor(path);
    if (!name) {
        failure_set_errno(why, ENOMEM, "cannot keep a record");
        return NULL;
    }
    entry = &fleet->entries[fleet->count++];
    *entry = (struct fleet_entry){.record.filename = name};
    return entry;
}

int fleet_add_record(struct fleet *fleet, const char *path, struct record *record,
                     struct failure *why)
{
    struct fleet_entry *entry = fleet_add(fleet, path, why);
    char *name;

    if (!entry)
        return -1;
    name = entry->record.filename;
    entry->record = *record;
    entry->record.filename = name;
    free(record->filename);
    *record = (struct record){0};
    return 0;
}

int fleet_add_shard(struct fleet *fleet, unsigned number, unsigned count, struct failure *why)
{
    if (number < 1 || number > count || count > FLEET_MAX_SHARDS)
        return failure_set(why, "there is no shard %u of %u", number, count);
    if (fleet->shard_count && fleet->shard_count != count)
        return failure_set(why, "a shard of %u and a shard of %u are not of one run",
                           fleet->shard_count, count);
    if (!fleet->shard_in)
        fleet->shard_in = calloc(count, 1);
    if (!fleet->shard_in)
        return failure_set_errno(why, ENOMEM, "cannot keep shards");
    fleet->shard_count = count;
    fleet->shard_in[number - 1] = 1;
    return 0;
}

bool fleet_has_all_shards(const struct fleet *fleet)
{
    return !fleet->shard_count || !memchr(fleet->shard_in, 0, fleet->shard_count);
}

bool fleet_is_complete(const struct fleet *fleet)
{
    return !fleet->interrupted && fleet_has_all_shards(fleet);
}

/* By path; of one path the entry to keep comes first. first_link holds the order of adding. */
static int compare_age(const void *left, const void *right)
{
    const struct fleet_entry *a = left, *b = right;
    int order = strcmp(a->record.filename, b->record.filename);

    return order ? order : a->first_link > b->first_link ? -1 : 1;
}

/* The same, for entries that come from several files. */
static int compare_worth(const void *left, const void *right)
{
    const struct fleet_entry *a = left, *b = right;
    int order = strcmp(a->record.filename, b->record.filename);

    if (order)
        return order;
    if ((a->status == ENTRY_OK) != (b->status == ENTRY_OK))
        return a->status == ENTRY_OK ? -1 : 1;
    if (a->identity.mtime_ns != b->identity.mtime_ns)
        return a->identity.mtime_ns > b->identity.mtime_ns ? -1 : 1;
    return compare_age(a, b);
}

/* Sorts the entries from the first on, and keeps of each path the one that compares first. */
static void sort(struct fleet *fleet, size_t first, int (*compare)(const void *, const void *))
{
    size_t kept = first;

    for (size_t i = first; i < fleet->count; i++)
        fleet->entries[i].first_link = i;
    if (fleet->count > first)
        qsort(fleet->entries + first, fleet->count - first, sizeof(*fleet->entries), compare);
    for (size_t i = first; i < fleet->count; i++) {
        struct fleet_entry *entry = &fleet->entries[i];

        if (kept > first &&
            !strcmp(fleet->entries[kept - 1].record.filename, entry->record.filename))
            free_entry(entry);
        else
            fleet->entries[kept++] = *entry;
    }
    fleet->count = kept;
}

void fleet_keep_last(struct fleet *fleet, size_t first)
{
    sort(fleet, first, compare_age);
}

int fleet_finish(struct fleet *fleet, struct failure *why)
{
    sort(fleet, 0, compare_worth);
    if (links_resolve(fleet, why) || chains_resolve(fleet, why))
        return -1;
    return 0;
}

static int compare_path(const void *path, const void *entry)
{
    return strcmp(path, ((const struct fleet_entry *)entry)->record.filename);
}

const struct fleet_entry *fleet_find(const struct fleet *fleet, const char *path)
{
    if (!fleet->count)
        return NULL;
    return bsearch(path, fleet->entries, fleet->count, sizeof(*fleet->entries), compare_path);
}

/* Sums stop at the top, and leave out what is not known. */
static void add(uint64_t *sum, uint64_t value)
{
    if (value != RECORD_UNKNOWN && !checked_add(*sum, value, sum))
        *sum = UINT64_MAX;
}

static void total_record(struct fleet_totals *totals, const struct record *record)
{
    totals->verdicts[record->verdict]++;
    totals->dirty += record->dirty_flag;
    totals->in_use += record->in_use;
    add(&totals->corruptions, record->corruptions);
    add(&totals->leaks, record->leaks);
    add(&totals->leaked_bytes, record->leaked_bytes);
    add(&totals->virtual_size, record->virtual_size);
    add(&totals->file_size, record->file_size);
    add(&totals->actual_size, record->actual_size);
    add(&totals->total_clusters, record->total_clusters);
    add(&totals->allocated_clusters, record->allocated_clusters);
    add(&totals->fragmented_clusters, record->fragmented_clusters);
}

void fleet_total(const struct fleet *fleet, struct fleet_totals *totals)
{
    *totals = (struct fleet_totals){.paths = fleet->count};
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_entry *entry = &fleet->entries[i];

        totals->seconds += entry->has_seconds ? entry->seconds : 0;
        if (entry->first_link != i)
            continue;
        totals->images++;
        totals->statuses[entry->status]++;
        totals->failing += policy_failing(&fleet->policy, entry) != 0;
        totals->shared_bases += entry->chain.overlays > 1;
        totals->missing_bases += entry->chain.state == BACKING_MISSING;
        totals->loops += entry->chain.state == BACKING_LOOP;
        if (entry->status == ENTRY_OK)
            total_record(totals, &entry->record);
        else
            totals->in_use += entry->status == ENTRY_IN_USE;
    }
}
