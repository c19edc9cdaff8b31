/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "qed-tool/request.h"
#include "qed-tool/undo.h"

static int plan_write_back(struct plan *plan, struct source *source, const struct audit *audit,
                           const struct plan_write *write, struct failure *why)
{
    const unsigned char *now;

    if (write->size > 1 && write->offset < audit->geometry.header_end)
        return failure_set(why, "offset 0x%" PRIx64 " of the undo file lies in the header",
                           write->offset);
    now = source_range(source, write->offset, write->size, why);
    if (!now)
        return -1;
    if (!memcmp(now, write->before, write->size))
        return 0;
    if (memcmp(now, write->after, write->size) != 0)
        return failure_set(why,
                           "offset 0x%" PRIx64 " holds neither the old bytes nor the new ones: "
                           "the image was changed since, or is another one",
                           write->offset);
    return plan_add(plan, write->offset, write->after, write->before, write->size, why);
}

int plan_undo(struct plan *plan, struct source *source, const struct audit *audit,
              struct request *request, struct failure *why)
{
    const struct undo *undo = request->undo;

    if (undo->length != source->size)
        return failure_set(why,
                           "the undo file is for an image of %" PRIu64 " bytes, this one has "
                           "%" PRIu64,
                           undo->length, source->size);
    for (size_t i = 0; i < undo->plan.count; i++) {
        if (plan_write_back(plan, source, audit, &undo->plan.writes[i], why))
            return -1;
    }
    return plan_note(
        plan, why, "places that hold the new bytes: %zu of %zu; the others still hold the old ones",
        plan->count, undo->plan.count);
}
