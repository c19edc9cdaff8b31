/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/pick.h"
#include "qed-tool/target.h"

int plan_duplicate(struct plan *plan, struct source *source, const struct audit *audit,
                   struct request *request, struct failure *why)
{
    struct pick_filter live = {.level = request->level, .classes = 1u << ELEMENT_VALID};
    struct element original, target;
    char name[PICK_TEXT_SIZE];
    int found = pick_element(source, audit, &live, &request->dice, &original, why);

    if (found < 0)
        return -1;
    if (found == 0)
        return failure_set(why, "no live L%d element that another could be made equal to",
                           request->level == TABLE_L1 ? 1 : 2);
    if (target_choose(source, audit, request, &target, why))
        return -1;
    if (target.value == original.value)
        return 1;
    if (target_note(plan, audit, &target, original.value, why) ||
        plan_note(plan, why, "the new value is that of %s", pick_name(&original, name)))
        return -1;
    return plan_add_element(plan, target.offset, target.value, original.value, why);
}
