/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ranges of data begin and end on whole elements. */
#define ALIGN_DOWN(offset) ((offset) & ~UINT64_C(7))
#define ALIGN_UP(offset)   (((offset) + 7) & ~UINT64_C(7))

/* Data are what is data below, and every write, which may stand in a hole. */
static int overlay_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                        struct failure *why)
{
    struct overlay *overlay = (struct overlay *)source;
    const struct plan *plan = overlay->plan;
    size_t i = plan_find(plan, from);
    int below = source_data(overlay->below, from, end, found, why);
    uint64_t start;

    if (below < 0 || i == plan->count || plan->writes[i].offset >= end)
        return below;
    start = ALIGN_DOWN(plan->writes[i].offset);
    if (start < from)
        start = from;
    if (below && found->offset <= start)
        return 1;
    found->offset = start;
    found->size = ALIGN_UP(plan->writes[i].offset + plan->writes[i].size) - start;
    if (found->size > end - start)
        found->size = end - start;
    return 1;
}

/* Lays the part of a write that falls into the range over it. */
static void lay_over(const struct plan_write *write, uint64_t offset, size_t size,
                     unsigned char *bytes)
{
    for (size_t i = 0; i < write->size; i++) {
        uint64_t at = write->offset + i;

        if (at >= offset && at - offset < size)
            bytes[at - offset] = write->after[i];
    }
}

static const unsigned char *overlay_range(struct source *source, uint64_t offset, size_t size,
                                          struct failure *why)
{
    struct overlay *overlay = (struct overlay *)source;
    const struct plan *plan = overlay->plan;
    const unsigned char *below = source_range(overlay->below, offset, size, why);
    size_t i = plan_find(plan, offset);

    if (!below || i == plan->count || plan->writes[i].offset >= offset + size)
        return below;
    memcpy(overlay->chunk, below, size);
    for (; i < plan->count && plan->writes[i].offset < offset + size; i++)
        lay_over(&plan->writes[i], offset, size, overlay->chunk);
    return overlay->chunk;
}

static const struct source_kind overlay_kind = {.data = overlay_data, .range = overlay_range};

int overlay_init(struct overlay *overlay, struct source *below, const struct plan *plan,
                 struct failure *why)
{
    *overlay = (struct overlay){
        .source = {.kind = &overlay_kind, .size = below->size}, .below = below, .plan = plan};
    overlay->chunk = malloc(SOURCE_CHUNK);
    return overlay->chunk ? 0 : failure_set_errno(why, ENOMEM, "cannot lay writes over the image");
}

void overlay_free(struct overlay *overlay)
{
    free(overlay->chunk);
}
