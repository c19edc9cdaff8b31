/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/culprits.h"

#include <errno.h>
#include <stdlib.h>

/* Clusters whose first claimant is looked for, and the finding to tell. */
struct wanted {
    uint64_t first, count;
    struct finding *finding;
};

struct search {
    struct wanted *list; /* by first cluster */
    size_t count;
    uint64_t longest;
    const struct geometry *geometry;
};

static void want(struct search *search, struct finding_list *kind, bool whole_table)
{
    for (size_t i = 0; i < kind->kept; i++) {
        struct finding *finding = &kind->list[i];
        uint64_t count = whole_table ? search->geometry->table_clusters : 1;

        search->list[search->count++] =
            (struct wanted){finding->offset >> search->geometry->cluster_bits, count, finding};
        if (count > search->longest)
            search->longest = count;
    }
}

static int compare(const void *a, const void *b)
{
    const struct wanted *x = a, *y = b;

    return (x->first > y->first) - (x->first < y->first);
}

/* Index of the first wanted range that begins at or after cluster. */
static size_t lower_bound(const struct search *search, uint64_t cluster)
{
    size_t low = 0, high = search->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (search->list[middle].first < cluster)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void claim(struct search *search, uint64_t offset, uint64_t count, const struct claimant *by)
{
    uint64_t first = offset >> search->geometry->cluster_bits;
    size_t i = lower_bound(search, first > search->longest ? first - search->longest : 0);

    for (; i < search->count && search->list[i].first < first + count; i++) {
        struct wanted *wanted = &search->list[i];
        uint64_t start = wanted->first > first ? wanted->first : first;

        if (wanted->first + wanted->count <= first || wanted->finding->other.role)
            continue;
        wanted->finding->other = *by;
        if (by->role == CLAIMANT_DATA)
            wanted->finding->other.l2_index += start - first;
    }
}

static void claim_step(struct search *search, const struct walk_step *step)
{
    struct claimant by = {CLAIMANT_L2, step->l1_index, FINDING_NOWHERE};

    if (step->event == WALK_TABLE || step->event == WALK_SHARED_TABLE) {
        claim(search, step->table_offset, search->geometry->table_clusters, &by);
    } else if (step->event == WALK_ELEMENTS && step->run.class == ELEMENT_VALID) {
        by.role = CLAIMANT_DATA;
        by.l2_index = step->run.index;
        claim(search, step->run.value, step->run.count, &by);
    }
}

static int search_walk(struct search *search, struct source *source, uint64_t l1_offset,
                       struct failure *why)
{
    struct claimant header = {CLAIMANT_HEADER, FINDING_NOWHERE, FINDING_NOWHERE};
    struct claimant l1 = {CLAIMANT_L1, FINDING_NOWHERE, FINDING_NOWHERE};
    struct walk walk;
    int more = -1;

    if (walk_init(&walk, source, search->geometry, l1_offset, WALK_TRUE, why))
        goto out;
    claim(search, 0, 1, &header);
    claim(search, l1_offset, search->geometry->table_clusters, &l1);
    while ((more = walk_next(&walk, why)) > 0)
        claim_step(search, &walk.step);
out:
    walk_free(&walk);
    return more;
}

int culprits_name(struct audit *audit, struct source *source, struct failure *why)
{
    struct finding_list *tables = &audit->findings.kinds[FINDING_TABLE_SHARED];
    struct finding_list *clusters = &audit->findings.kinds[FINDING_DUPLICATE];
    struct search search = {.geometry = &audit->geometry, .longest = 1};
    int result;

    if (tables->kept + clusters->kept == 0)
        return 0;
    search.list = calloc(tables->kept + clusters->kept, sizeof(*search.list));
    if (!search.list)
        return failure_set_errno(why, ENOMEM, "cannot look for duplicate references");
    want(&search, tables, true);
    want(&search, clusters, false);
    qsort(search.list, search.count, sizeof(*search.list), compare);
    result = search_walk(&search, source, audit->header.l1_table_offset, why);
    free(search.list);
    return result;
}
