/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_FLEETS_H
#define UNIT_FLEETS_H

#include <stdlib.h>
#include <string.h>

#include "bugreport/fleet.h"
#include "tests/unit/unit.h"

/* Fleets made by hand, for tests. */

/* Adds an examined, consistent image. */
static inline struct fleet_entry *fleets_add(struct fleet *fleet, const char *path)
{
    struct failure why = {0};
    struct fleet_entry *entry = fleet_add(fleet, path, &why);

    assert_non_null(entry);
    entry->record.findings = calloc(1, sizeof(*entry->record.findings));
    entry->record.has_figures = true;
    entry->record.magic_ok = true;
    entry->record.virtual_size = entry->record.file_size = 1 << 20;
    entry->record.cluster_size = 65536;
    entry->record.actual_size = entry->record.host_extents = RECORD_UNKNOWN;
    entry->record.total_clusters = 16;
    entry->record.allocated_clusters = 8;
    entry->record.allocated_percent = 50;
    entry->record.qemu =
        (struct qemu_check){.opens = true, .total_clusters = 16, .allocated_clusters = 8};
    return entry;
}

/* Adds an image with a backing file. */
static inline struct fleet_entry *fleets_add_overlay(struct fleet *fleet, const char *path,
                                                     const char *backing)
{
    struct fleet_entry *entry = fleets_add(fleet, path);

    entry->record.has_backing_file = true;
    entry->record.backing_name = backing ? strdup(backing) : NULL;
    return entry;
}

/* Adds a name of the file with that inode. */
static inline struct fleet_entry *fleets_add_link(struct fleet *fleet, const char *path,
                                                  uint64_t inode)
{
    struct fleet_entry *entry = fleets_add(fleet, path);

    entry->has_identity = true;
    entry->identity = (struct file_identity){
        .size = 1 << 20, .inode = inode, .device = 3, .links = 2, .mtime_ns = 5};
    return entry;
}

/* Adds an image that was not examined. */
static inline struct fleet_entry *fleets_add_other(struct fleet *fleet, const char *path,
                                                   enum entry_status status, const char *message)
{
    struct failure why = {0};
    struct fleet_entry *entry = fleet_add(fleet, path, &why);

    assert_non_null(entry);
    entry->status = status;
    entry->message = message ? strdup(message) : NULL;
    return entry;
}

static inline void fleets_damage(struct fleet_entry *entry, uint64_t corruptions, uint64_t leaks)
{
    entry->record.corruptions = corruptions;
    entry->record.leaks = leaks;
    entry->record.leaked_bytes = leaks * 65536;
    entry->record.verdict = corruptions ? VERDICT_CORRUPT
                            : leaks     ? VERDICT_LEAKS
                                        : VERDICT_CONSISTENT;
}

static inline void fleets_finish(struct fleet *fleet)
{
    struct failure why = {0};

    EXPECT_OK(fleet_finish(fleet, &why), &why);
    policy_judge(fleet);
}

#endif
