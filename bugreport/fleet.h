/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_FLEET_H
#define BUGREPORT_FLEET_H

#include <stdio.h>

#include "bugreport/policy.h"
#include "bugreport/record.h"

/*
 * The fleet: all images of a run, one entry each, in the order of their paths. It is filled by an
 * audit or read from record files, finished, judged by a policy, and rendered; a rendering is a
 * function of it alone, so that parts of a run, merged, give what the whole run gives.
 */

/* What became of a path. */
enum entry_status {
    ENTRY_OK,         /* examined: the record holds */
    ENTRY_UNREADABLE, /* could not be opened or read */
    ENTRY_VANISHED,   /* was there when it was found, and no longer when its turn came */
    ENTRY_CRASHED,    /* the process that examined it died of it */
    ENTRY_TIMEOUT,    /* took longer than allowed */
    ENTRY_IN_USE,     /* open in some process, and therefore not examined */
    ENTRY_NOT_QED,    /* named by the user, but not a QED image */
    ENTRY_STATUSES
};

const char *entry_status_name(enum entry_status status);

/* Which file a path led to, and in which state: what a later run compares. */
struct file_identity {
    uint64_t size, inode, device, links;
    int64_t mtime_ns; /* since 1970 */
};

/* How an image stands to the backing file that it names, as far as paths tell. */
enum backing_state {
    BACKING_NONE,    /* it has none */
    BACKING_FOUND,   /* it is in the fleet */
    BACKING_MISSING, /* it is not in the fleet: lost, or outside of what was audited */
    BACKING_UNKNOWN, /* no path: a protocol, or a name that is not told */
    BACKING_LOOP,    /* following backing files leads round in a circle */
    BACKING_STATES
};

const char *backing_state_name(enum backing_state state);

struct backing_chain {
    enum backing_state state;
    size_t base;     /* index of its backing file, if that was found */
    size_t depth;    /* backing files below it, as far as they were found; 0 in a loop */
    size_t overlays; /* images that have it for their backing file */
};

struct fleet_entry {
    struct record record; /* its filename is the path, from "/" or "./" on, any bytes; if the
                             image was not examined, only that holds */
    enum entry_status status;
    char *message; /* one line on why it was not examined; NULL: none */
    bool has_identity, has_seconds;
    struct file_identity identity;
    double seconds; /* that it took */
    unsigned known; /* causes that the baseline knows, see policy.h */

    unsigned causes; /* set by policy_judge() */

    size_t first_link; /* set by fleet_finish(): index of the first entry of the same file */
    struct backing_chain chain;
};

struct fleet {
    struct fleet_entry *entries;
    size_t count, capacity;
    struct policy policy;
    bool interrupted;        /* not all was examined that should have been */
    unsigned shard_count;    /* of how many shards; 0: not divided */
    unsigned char *shard_in; /* for each of them, whether it is in here */
};

/* An empty fleet, with the default policy. */
void fleet_init(struct fleet *fleet);
void fleet_free(struct fleet *fleet);

/*
 * Adds an entry for a path, to be filled by the caller; it may move when the next is added. Its
 * status is ENTRY_OK, its record has a filename and nothing else. NULL: out of memory.
 */
struct fleet_entry *fleet_add(struct fleet *fleet, const char *path, struct failure *why);

/*
 * Takes over the record of an examined image as a new entry, whatever it was called; the record is
 * empty afterwards. -1: out of memory, and the record stays the caller's.
 */
int fleet_add_record(struct fleet *fleet, const char *path, struct record *record,
                     struct failure *why);

#define FLEET_MAX_SHARDS 65536u

/* Notes that shard number, from 1 to count, is in the fleet; they must all be of one count. */
int fleet_add_shard(struct fleet *fleet, unsigned number, unsigned count, struct failure *why);

/* Whether no shard is missing; so it is where nothing was divided. */
bool fleet_has_all_shards(const struct fleet *fleet);

/* Whether nothing is missing: not interrupted, and every shard there. */
bool fleet_is_complete(const struct fleet *fleet);

/*
 * Of the entries from number first on, keeps the last of each path that was added: for those that
 * are known to be in the order of time, as in one record file.
 */
void fleet_keep_last(struct fleet *fleet, size_t first);

/*
 * Sorts the entries by the bytes of their paths, keeps one of each path, and resolves hard links
 * and backing chains. Of two entries of a path one that was examined is kept, then the one of the
 * later file, then the one that was added last.
 */
int fleet_finish(struct fleet *fleet, struct failure *why);

/* The entry of a path in a finished fleet, or NULL. */
const struct fleet_entry *fleet_find(const struct fleet *fleet, const char *path);

/*
 * The numbers of all entries of a judged fleet, worst first: those on which the run fails before
 * others, then by the gravity of their causes, by corruptions, by leaks, by path. The caller frees
 * the list. NULL: out of memory.
 */
size_t *fleet_worst_first(const struct fleet *fleet, struct failure *why);

/* Sums over a finished and judged fleet. A file with several names counts once. */
struct fleet_totals {
    uint64_t paths, images; /* names, and files behind them */
    uint64_t statuses[ENTRY_STATUSES];
    uint64_t verdicts[VERDICTS]; /* of those examined */
    uint64_t dirty, in_use;
    uint64_t failing; /* images on which the run fails */
    uint64_t corruptions, leaks, leaked_bytes;
    uint64_t virtual_size, file_size, actual_size; /* bytes, as far as known */
    uint64_t total_clusters, allocated_clusters, fragmented_clusters;
    uint64_t shared_bases, missing_bases, loops; /* images under several others, and so on */
    double seconds;
};

void fleet_total(const struct fleet *fleet, struct fleet_totals *totals);

#endif
