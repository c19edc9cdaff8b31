/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/policy.h"

#include "bugreport/fleet.h"

const char *cause_name(enum policy_cause cause)
{
    static const char *const names[CAUSES] = {
        "corrupt", "leaks", "unreadable", "unsupported", "dirty", "in-use", "fragmentation",
    };

    return names[cause];
}

bool policy_same(const struct policy *a, const struct policy *b)
{
    return a->fail_on == b->fail_on && a->max_leaked == b->max_leaked &&
           a->has_baseline == b->has_baseline && a->max_fragmentation == b->max_fragmentation;
}

static unsigned causes_of_status(enum entry_status status)
{
    static const unsigned causes[ENTRY_STATUSES] = {
        [ENTRY_UNREADABLE] = 1u << CAUSE_UNREADABLE, [ENTRY_CRASHED] = 1u << CAUSE_UNREADABLE,
        [ENTRY_TIMEOUT] = 1u << CAUSE_UNREADABLE,    [ENTRY_IN_USE] = 1u << CAUSE_IN_USE,
        [ENTRY_NOT_QED] = 1u << CAUSE_UNSUPPORTED,
    };

    return causes[status];
}

unsigned policy_causes(const struct policy *policy, const struct fleet_entry *entry)
{
    const struct record *record = &entry->record;
    bool too_leaky =
        record->leaked_bytes != RECORD_UNKNOWN && record->leaked_bytes > policy->max_leaked;
    bool too_fragmented =
        policy->max_fragmentation >= 0 && record->fragmented_percent > policy->max_fragmentation;

    if (entry->status != ENTRY_OK)
        return causes_of_status(entry->status);
    return (record->verdict == VERDICT_CORRUPT ? 1u << CAUSE_CORRUPT : 0) |
           (record->verdict == VERDICT_UNSUPPORTED ? 1u << CAUSE_UNSUPPORTED : 0) |
           (too_leaky ? 1u << CAUSE_LEAKS : 0) |
           (record->check_errors ? 1u << CAUSE_UNREADABLE : 0) |
           (record->dirty_flag ? 1u << CAUSE_DIRTY : 0) |
           (record->in_use ? 1u << CAUSE_IN_USE : 0) |
           (too_fragmented ? 1u << CAUSE_FRAGMENTATION : 0);
}

void policy_judge(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++)
        fleet->entries[i].causes = policy_causes(&fleet->policy, &fleet->entries[i]);
}

unsigned policy_failing(const struct policy *policy, const struct fleet_entry *entry)
{
    return entry->causes & policy->fail_on & ~(policy->has_baseline ? entry->known : 0);
}

unsigned policy_failing_all(const struct fleet *fleet)
{
    unsigned causes = 0;

    for (size_t i = 0; i < fleet->count; i++)
        causes |= policy_failing(&fleet->policy, &fleet->entries[i]);
    return causes;
}

/* The worst comes first. */
static const struct {
    unsigned causes;
    int status;
} gravities[] = {
    {1u << CAUSE_CORRUPT, 2},
    {1u << CAUSE_UNREADABLE, 1},
    {1u << CAUSE_LEAKS, 3},
    {1u << CAUSE_DIRTY | 1u << CAUSE_IN_USE | 1u << CAUSE_FRAGMENTATION, 4},
    {1u << CAUSE_UNSUPPORTED, 63},
};

#define GRAVITIES (sizeof(gravities) / sizeof(gravities[0]))

unsigned policy_gravity(unsigned causes)
{
    unsigned i = 0;

    while (i < GRAVITIES && !(causes & gravities[i].causes))
        i++;
    return (unsigned)GRAVITIES - i;
}

int policy_exit_status(unsigned causes)
{
    unsigned gravity = policy_gravity(causes);

    return gravity ? gravities[GRAVITIES - gravity].status : 0;
}

static unsigned known_causes(const struct policy *policy, const struct fleet_entry *now,
                             const struct fleet_entry *then)
{
    unsigned known = policy_causes(policy, then);

    if (now->record.corruptions > then->record.corruptions)
        known &= ~(1u << CAUSE_CORRUPT);
    if (now->record.leaks > then->record.leaks)
        known &= ~(1u << CAUSE_LEAKS);
    return known;
}

void policy_compare(struct fleet *fleet, const struct fleet *baseline)
{
    fleet->policy.has_baseline = true;
    for (size_t i = 0; i < fleet->count; i++) {
        struct fleet_entry *now = &fleet->entries[i];
        const struct fleet_entry *then = fleet_find(baseline, now->record.filename);

        now->known = then ? known_causes(&fleet->policy, now, then) : 0;
    }
}
