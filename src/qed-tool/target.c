/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/target.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/checked.h"

#define UNUSED_ELEMENTS (1u << ELEMENT_UNALLOCATED | 1u << ELEMENT_ZERO)
#define USED_ELEMENTS   (1u << ELEMENT_VALID | 1u << ELEMENT_INVALID)

int target_choose(struct source *source, const struct audit *audit, struct request *request,
                  struct element *target, struct failure *why)
{
    const struct pick_filter filters[] = {{request->level, UNUSED_ELEMENTS, true},
                                          {request->level, UNUSED_ELEMENTS, false},
                                          {request->level, USED_ELEMENTS, false}};
    int found = 0;

    if (request->has_at)
        return pick_at(source, audit, request->level, request->at_l1, request->at_l2, target, why);
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]) && found == 0; i++)
        found = pick_element(source, audit, &filters[i], &request->dice, target, why);
    if (found == 0)
        return failure_set(why, "there is no L2 table, and so no L2 element to write to");
    return found < 0 ? -1 : 0;
}

int target_note(struct plan *plan, const struct audit *audit, const struct element *target,
                uint64_t value, struct failure *why)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t cluster = target->l1_index * geometry->nelems + target->l2_index, pos;
    char name[PICK_TEXT_SIZE], old[PICK_TEXT_SIZE], new[PICK_TEXT_SIZE], guest[PICK_TEXT_SIZE];

    snprintf(guest, sizeof(guest), "past the end of the image");
    if (cluster < geometry->total_clusters &&
        checked_multiply(cluster, geometry->cluster_size, &pos))
        snprintf(guest, sizeof(guest), "guest position 0x%" PRIx64, pos);
    return plan_note(plan, why,
                     "%s, at offset 0x%" PRIx64 " in the table at 0x%" PRIx64
                     ", %s: old value %s, new value %s",
                     pick_name(target, name), target->offset, target->table_offset, guest,
                     pick_value(audit, target->level, target->value, old),
                     pick_value(audit, target->level, value, new));
}
