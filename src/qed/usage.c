/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/usage.h"

#define EXACT_POWER 10u /* USAGE_EXACT is 1 << EXACT_POWER */
#define STEP_POWER  6u  /* 64 steps per power of two */

static unsigned power_of(uint64_t length)
{
    return 63 - (unsigned)__builtin_clzll(length);
}

static unsigned slot_of(uint64_t length)
{
    unsigned power;

    if (length < USAGE_EXACT)
        return (unsigned)length;
    power = power_of(length);
    return USAGE_EXACT + ((power - EXACT_POWER) << STEP_POWER) +
           (unsigned)(length >> (power - STEP_POWER) & 63);
}

/* The least length that falls into a slot. */
static uint64_t length_of(unsigned slot)
{
    unsigned above = slot - USAGE_EXACT;

    if (slot < USAGE_EXACT)
        return slot;
    return (uint64_t)(64 + (above & 63)) << ((above >> STEP_POWER) + EXACT_POWER - STEP_POWER);
}

void usage_count_long_run(struct usage *usage, uint64_t length)
{
    usage->run_lengths[slot_of(length)]++;
    if (length > usage->longest_run)
        usage->longest_run = length;
}

static void end_run(struct usage *usage)
{
    usage_count_run(usage, usage->state.run_clusters);
    usage->state.run_clusters = 0;
}

static void add_to_run(struct usage *usage, const struct geometry *geometry, uint64_t cluster,
                       const struct run *run)
{
    struct usage_state *state = &usage->state;

    if (state->run_next_cluster != cluster || state->run_next_offset != run->value)
        end_run(usage);
    state->run_clusters += run->count;
    state->run_next_cluster = cluster + run->count;
    state->run_next_offset = run->value + (uint64_t)run->count * geometry->cluster_size;
}

/* Within a run every element follows its predecessor, so only the first can be a fragment. */
static void add_allocated(struct usage *usage, const struct geometry *geometry,
                          const struct run *run)
{
    struct usage_state *state = &usage->state;

    usage->allocated_clusters += run->count;
    if (state->has_last && state->last + geometry->cluster_size != run->value)
        usage->fragmented_clusters++;
    state->has_last = true;
    state->last = run->value + (uint64_t)(run->count - 1) * geometry->cluster_size;
}

static void add_placed(struct usage *usage, uint64_t total_clusters, uint64_t cluster,
                       uint32_t count)
{
    uint64_t room = cluster < total_clusters ? total_clusters - cluster : 0;
    uint64_t inside = room < count ? room : count;

    usage->image_clusters += inside;
    usage->beyond_clusters += count - inside;
}

void usage_begin_table(struct usage *usage)
{
    usage->l2_tables++;
    usage->state.has_last = false;
}

void usage_add(struct usage *usage, const struct geometry *geometry, uint64_t l1_index,
               const struct run *run)
{
    uint64_t cluster = l1_index * geometry->nelems + run->index;

    /* Whether what follows is a fragment, nobody knows: it is given the benefit of the doubt. */
    if (run->class == ELEMENT_UNREADABLE)
        usage->state.has_last = false;
    if (run->class == ELEMENT_UNALLOCATED || run->class == ELEMENT_UNREADABLE)
        return;
    add_placed(usage, geometry->total_clusters, cluster, run->count);
    if (run->class == ELEMENT_ZERO) {
        usage->zero_clusters += run->count;
        return;
    }
    add_allocated(usage, geometry, run);
    if (run->class == ELEMENT_INVALID) {
        usage->invalid_elements += run->count;
        return;
    }
    usage->valid_elements += run->count;
    add_to_run(usage, geometry, cluster, run);
}

void usage_finish(struct usage *usage)
{
    end_run(usage);
    usage->state = (struct usage_state){0};
    usage->run_lengths[0] = 0;
    usage->runs = 0;
    for (unsigned slot = 0; slot < USAGE_LENGTHS; slot++) {
        usage->runs += usage->run_lengths[slot];
        if (slot < USAGE_EXACT && usage->run_lengths[slot] && usage->longest_run < slot)
            usage->longest_run = slot;
    }
}

void usage_merge(struct usage *usage, const struct usage *other)
{
    usage->l2_tables += other->l2_tables;
    usage->allocated_clusters += other->allocated_clusters;
    usage->fragmented_clusters += other->fragmented_clusters;
    usage->zero_clusters += other->zero_clusters;
    usage->invalid_elements += other->invalid_elements;
    usage->valid_elements += other->valid_elements;
    usage->image_clusters += other->image_clusters;
    usage->beyond_clusters += other->beyond_clusters;
    if (other->longest_run > usage->longest_run)
        usage->longest_run = other->longest_run;
    for (unsigned slot = 0; slot < USAGE_LENGTHS; slot++)
        usage->run_lengths[slot] += other->run_lengths[slot];
}

uint64_t usage_median_run(const struct usage *usage)
{
    uint64_t seen = 0;

    for (unsigned slot = 0; slot < USAGE_LENGTHS; slot++) {
        seen += usage->run_lengths[slot];
        if (seen > 0 && seen >= usage->runs - usage->runs / 2)
            return length_of(slot);
    }
    return 0;
}

uint64_t usage_runs_of(const struct usage *usage, unsigned power)
{
    unsigned slot = power < EXACT_POWER ? 1u << power : slot_of(UINT64_C(1) << power);
    unsigned slots = power < EXACT_POWER ? 1u << power : 64;
    uint64_t sum = 0;

    for (unsigned i = slot; i < slot + slots; i++)
        sum += usage->run_lengths[i];
    return sum;
}
