/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "bugreport/fleet.h"

struct rank {
    bool fails;
    unsigned gravity;
    uint64_t corruptions, leaks;
    size_t index;
};

static int more_first(uint64_t a, uint64_t b)
{
    return a > b ? -1 : a < b;
}

static int compare(const void *left, const void *right)
{
    const struct rank *a = left, *b = right;
    int order = more_first(a->fails, b->fails);

    order = order ? order : more_first(a->gravity, b->gravity);
    order = order ? order : more_first(a->corruptions, b->corruptions);
    order = order ? order : more_first(a->leaks, b->leaks);
    return order ? order : more_first(b->index, a->index);
}

size_t *fleet_worst_first(const struct fleet *fleet, struct failure *why)
{
    struct rank *ranks = calloc(fleet->count + 1, sizeof(*ranks));
    size_t *order = calloc(fleet->count + 1, sizeof(*order));

    if (!ranks || !order) {
        failure_set_errno(why, ENOMEM, "cannot sort %zu records", fleet->count);
        free(ranks);
        free(order);
        return NULL;
    }
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_entry *entry = &fleet->entries[i];
        const struct record *record = &entry->record;

        ranks[i] = (struct rank){
            .fails = policy_failing(&fleet->policy, entry) != 0,
            .gravity = policy_gravity(entry->causes),
            .corruptions = record->corruptions,
            .leaks = record->leaks == RECORD_UNKNOWN ? 0 : record->leaks,
            .index = i,
        };
    }
    qsort(ranks, fleet->count, sizeof(*ranks), compare);
    for (size_t i = 0; i < fleet->count; i++)
        order[i] = ranks[i].index;
    free(ranks);
    return order;
}
