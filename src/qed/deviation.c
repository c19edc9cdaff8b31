/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/deviation.h"

#include <errno.h>
#include <stdlib.h>

static const struct {
    const char *name, *text;
} reasons[DEVIATION_REASONS] = {
    {"refused", "qemu refuses the original for what its header says of a backing file, which the "
                "copy does not say"},
    {"unreadable", "the copy has holes where the original cannot be read"},
    {"room", "the stand-ins for suspect words did not all find room among the clusters that "
             "believed tables leave free"},
    {"order", "in the tables named here other words follow their predecessor by a cluster than in "
              "the original"},
    {"numbers", "qemu-img takes some clusters for others, and in the copy other ones than in the "
                "original"},
};

const char *deviation_name(enum deviation_reason reason)
{
    return reasons[reason].name;
}

const char *deviation_text(enum deviation_reason reason)
{
    return reasons[reason].text;
}

/* Counts the fragmented clusters of each table, as it reads from a source. */
static int count_fragmented(struct source *source, const struct inventory *inventory,
                            uint64_t *fragmented, struct failure *why)
{
    uint64_t cluster_size = inventory->geometry->cluster_size, last = 0;
    size_t table = SIZE_MAX;
    struct block_cursor block;
    int more;

    block_begin(&block, source, inventory);
    while ((more = block_next(&block, why)) > 0) {
        last = block.table == table ? last : 0;
        table = block.table;
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (block.words[i] <= QED_ZERO_CLUSTER)
                continue;
            fragmented[table] += last && last + cluster_size != block.words[i];
            last = block.words[i];
        }
    }
    return more;
}

static void add_table(struct deviation *deviation, const struct deviation_table *table)
{
    if (table->original_fragmented == table->copy_fragmented)
        return;
    deviation->table_count++;
    if (deviation->listed < DEVIATION_TABLES)
        deviation->tables[deviation->listed++] = *table;
}

/* Tables that suspect words point at are not where they were, and so are added up. */
static void compare_tables(struct deviation *deviation, const struct scrub *scrub,
                           const uint64_t *original, const uint64_t *copy, uint64_t copy_total)
{
    const struct inventory *inventory = &scrub->audit->inventory;
    struct deviation_table moved = {FINDING_NOWHERE, FINDING_NOWHERE, 0, copy_total};

    for (size_t i = 0; i < inventory->count; i++) {
        const struct table_ref *table = &inventory->tables[i];

        if (table->level == TABLE_L1)
            continue;
        if (!scrub_keeps_table(scrub, table)) {
            moved.original_fragmented += original[i];
            continue;
        }
        moved.copy_fragmented -= copy[i];
        add_table(deviation,
                  &(struct deviation_table){table->offset, table->l1_index, original[i], copy[i]});
    }
    add_table(deviation, &moved);
}

static int find_tables(struct deviation *deviation, struct scrub *scrub, uint64_t copy_total,
                       struct failure *why)
{
    const struct inventory *inventory = &scrub->audit->inventory;
    uint64_t *original = calloc(inventory->count + 1, sizeof(*original));
    uint64_t *copy = calloc(inventory->count + 1, sizeof(*copy));
    struct scrub_counts counts = scrub->counts;
    int result = -1;

    if (!original || !copy) {
        failure_set_errno(why, ENOMEM, "cannot compare %zu tables", inventory->count);
        goto out;
    }
    if (count_fragmented(scrub->original, inventory, original, why) ||
        count_fragmented(&scrub->source, inventory, copy, why))
        goto out;
    compare_tables(deviation, scrub, original, copy, copy_total);
    result = 0;
out:
    scrub->counts = counts;
    free(original);
    free(copy);
    return result;
}

static bool lacks_room(const struct belief_shortfall *shortfall)
{
    return shortfall->tables || shortfall->clusters || shortfall->surplus || shortfall->words;
}

int deviation_find(struct deviation *deviation, struct scrub *scrub, const struct qemu_check *copy,
                   struct failure *why)
{
    const struct audit *audit = scrub->audit;
    const struct qemu_check *original = &audit->qemu;
    bool *found = deviation->reasons;

    *deviation = (struct deviation){.listed = 0};
    if (qemu_same(copy, original))
        return 0;
    found[DEVIATION_UNREADABLE] = audit->check_errors > 0;
    found[DEVIATION_REFUSED] = original->opens != copy->opens;
    if (found[DEVIATION_REFUSED] || found[DEVIATION_UNREADABLE])
        return 0;
    found[DEVIATION_ORDER] = copy->fragmented_clusters != original->fragmented_clusters;
    if (copy->corruptions != original->corruptions || copy->leaks != original->leaks ||
        copy->allocated_clusters != original->allocated_clusters)
        found[lacks_room(&scrub->belief.shortfall) ? DEVIATION_ROOM : DEVIATION_NUMBERS] = true;
    if (!found[DEVIATION_ORDER])
        return 0;
    return find_tables(deviation, scrub, copy->fragmented_clusters, why);
}
