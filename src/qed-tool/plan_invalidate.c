/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/checked.h"
#include "qed-tool/target.h"

/* How far behind the end of the file an offset is planted, in clusters. */
#define MOST_CLUSTERS_BEYOND 1024

static int beyond_end(const struct audit *audit, struct dice *dice, uint64_t *value,
                      struct failure *why)
{
    uint64_t beyond = (1 + dice_below(dice, MOST_CLUSTERS_BEYOND)) * audit->geometry.cluster_size;

    if (!checked_add(audit->geometry.file_end, beyond, value))
        return failure_set(why, "the file is too long for an offset behind its end");
    return 0;
}

/* Into a cluster that an element could rightly point at, but not at its beginning. */
static void unaligned(const struct audit *audit, struct dice *dice, uint64_t *value)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t first = geometry->header_end / geometry->cluster_size;
    uint64_t cluster = first + dice_below(dice, geometry->file_clusters - first);

    *value = cluster * geometry->cluster_size + 1 + dice_below(dice, geometry->cluster_size - 1);
}

/* 0 would mean unallocated; in a header of one cluster all other offsets are unaligned as well. */
static int in_header(struct plan *plan, const struct audit *audit, struct dice *dice,
                     uint64_t *value, struct failure *why)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t unit = geometry->cluster_size;
    uint64_t units = geometry->header_end / unit;

    if (units == 1) {
        unit = QED_SECTOR_SIZE;
        units = geometry->header_end / unit;
        if (plan_note(plan, why,
                      "the header has one cluster, whose offset 0 means unallocated, so "
                      "the value is unaligned too"))
            return -1;
    }
    *value = unit * (1 + dice_below(dice, units - 1));
    return 0;
}

/* A cluster of a table: for an L1 element only one from which on a table would fit. */
static int at_table(struct plan *plan, const struct audit *audit, struct request *request,
                    uint64_t *value, struct failure *why)
{
    const struct inventory *inventory = &audit->inventory;
    const struct table_ref *table =
        &inventory->tables[dice_below(&request->dice, inventory->count)];
    uint64_t cluster = dice_below(&request->dice, audit->geometry.table_clusters);

    *value = table->offset + cluster * audit->geometry.cluster_size;
    if (table_classify(&audit->geometry, request->level, *value, NULL) != ELEMENT_VALID)
        return 1;
    return plan_note(plan, why,
                     "the new value has the form of a right one, but is cluster %" PRIu64
                     " of the L%d table at 0x%" PRIx64,
                     cluster, table->level == TABLE_L1 ? 1 : 2, table->offset);
}

static int choose_value(struct plan *plan, const struct audit *audit, struct request *request,
                        uint64_t *value, struct failure *why)
{
    switch (request->kind) {
    case INVALID_BEYOND_END:
        return beyond_end(audit, &request->dice, value, why);
    case INVALID_UNALIGNED:
        unaligned(audit, &request->dice, value);
        return 0;
    case INVALID_IN_HEADER:
        return in_header(plan, audit, &request->dice, value, why);
    case INVALID_TABLE:
        return at_table(plan, audit, request, value, why);
    }
    return -1;
}

int plan_invalidate(struct plan *plan, struct source *source, const struct audit *audit,
                    struct request *request, struct failure *why)
{
    struct element target;
    uint64_t value;
    int result;

    if (target_choose(source, audit, request, &target, why))
        return -1;
    result = choose_value(plan, audit, request, &value, why);
    if (result)
        return result;
    if (value == target.value)
        return 1;
    if (target_note(plan, audit, &target, value, why))
        return -1;
    return plan_add_element(plan, target.offset, target.value, value, why);
}
