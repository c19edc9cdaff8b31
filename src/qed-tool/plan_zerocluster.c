/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "qed-tool/overlay.h"
#include "qed-tool/pick.h"
#include "qed-tool/request.h"

/* What elements held before they became zero clusters. */
struct replaced {
    struct extents data; /* data clusters they pointed at */
    uint64_t unallocated, invalid;
};

static int check_bounds(const struct audit *audit, const struct request *request,
                        struct failure *why)
{
    uint64_t total = audit->geometry.total_clusters;

    if (request->count == 0)
        return failure_set(why, "0 clusters: give a count of 1 or more");
    if (!range_inside(request->cluster, request->count, total))
        return failure_set(why,
                           "%" PRIu64 " clusters from guest cluster %" PRIu64
                           " on: the image has %" PRIu64 ", from 0 on",
                           request->count, request->cluster, total);
    return 0;
}

static int plan_one(struct plan *plan, const struct audit *audit, uint64_t offset, uint64_t value,
                    struct replaced *replaced, struct failure *why)
{
    const struct geometry *geometry = &audit->geometry;
    enum element_class class = table_classify(geometry, TABLE_L2, value, NULL);

    if (class == ELEMENT_ZERO)
        return 0;
    replaced->unallocated += class == ELEMENT_UNALLOCATED;
    replaced->invalid += class == ELEMENT_INVALID;
    if (class == ELEMENT_VALID && extents_add(&replaced->data, value, geometry->cluster_size, why))
        return -1;
    return plan_add_element(plan, offset, value, QED_ZERO_CLUSTER, why);
}

/* Plans count elements at offset, all of one table. */
static int plan_elements(struct plan *plan, struct source *source, const struct audit *audit,
                         uint64_t offset, uint64_t count, struct replaced *replaced,
                         struct failure *why)
{
    const uint64_t most = SOURCE_CHUNK / QED_ELEMENT_SIZE;

    if (!range_inside(offset, count * QED_ELEMENT_SIZE, source->size))
        return failure_set(why, "the L2 table is cut by the end of the file, and the elements lie "
                                "behind it");
    while (count > 0) {
        size_t part = (size_t)(count < most ? count : most);
        const unsigned char *bytes = source_range(source, offset, part * QED_ELEMENT_SIZE, why);

        for (size_t i = 0; i < part; i++) {
            if (!bytes || plan_one(plan, audit, offset + i * QED_ELEMENT_SIZE,
                                   bytes_load64(bytes + i * QED_ELEMENT_SIZE), replaced, why))
                return -1;
        }
        offset += part * QED_ELEMENT_SIZE;
        count -= part;
    }
    return 0;
}

static int plan_range(struct plan *plan, struct source *source, const struct audit *audit,
                      const struct request *request, struct replaced *replaced, struct failure *why)
{
    uint32_t nelems = audit->geometry.nelems;
    uint64_t cluster = request->cluster, left = request->count;

    while (left > 0) {
        uint64_t room = nelems - cluster % nelems, count = left < room ? left : room;
        struct element first;

        if (pick_at(source, audit, TABLE_L2, cluster / nelems, cluster % nelems, &first, why) ||
            plan_elements(plan, source, audit, first.offset, count, replaced, why))
            return -1;
        cluster += count;
        left -= count;
    }
    return 0;
}

static int note_clusters(struct plan *plan, const struct audit *audit, uint64_t first,
                         uint64_t count, bool held, struct failure *why)
{
    uint32_t size = audit->geometry.cluster_size;

    return plan_note(plan, why, "%s 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " data cluster%s",
                     held ? "still referenced from elsewhere:" : "leaks", first * size,
                     (first + count) * size - 1, count, count == 1 ? "" : "s");
}

/* Notes of each cluster that lost a reference whether any other is left. */
static int note_leaks(struct plan *plan, const struct audit *audit, const struct walk *walk,
                      const struct extents *data, struct failure *why)
{
    uint32_t size = audit->geometry.cluster_size;

    for (size_t i = 0; i < data->count; i++) {
        uint64_t first = data->list[i].offset / size, end = first + data->list[i].size / size;

        for (uint64_t next = first; first < end; first = next) {
            bool held = claims_holds(&walk->claims, first);

            while (next < end && claims_holds(&walk->claims, next) == held)
                next++;
            if (note_clusters(plan, audit, first, next - first, held, why))
                return -1;
        }
    }
    return 0;
}

/* Walks the image as it will be. */
static int find_leaks(struct plan *plan, struct source *source, const struct audit *audit,
                      struct replaced *replaced, struct failure *why)
{
    struct overlay overlay;
    struct walk walk;
    int more = -1;

    extents_sort(&replaced->data);
    if (overlay_init(&overlay, source, plan, why))
        return -1;
    if (!walk_init(&walk, &overlay.source, &audit->geometry, audit->header.l1_table_offset,
                   WALK_TRUE, why)) {
        do {
            more = walk_next(&walk, why);
        } while (more > 0);
    }
    if (!more)
        more = note_leaks(plan, audit, &walk, &replaced->data, why);
    walk_free(&walk);
    overlay_free(&overlay);
    return more;
}

static int note_range(struct plan *plan, const struct audit *audit, const struct request *request,
                      const struct replaced *replaced, struct failure *why)
{
    uint32_t size = audit->geometry.cluster_size;
    uint64_t data = extents_total(&replaced->data) / size;

    return plan_note(plan, why,
                     "guest clusters %" PRIu64 " to %" PRIu64 ", positions 0x%" PRIx64
                     " to 0x%" PRIx64 ", read as zeros: %" PRIu64 " held data, %" PRIu64
                     " nothing, %" PRIu64 " an invalid offset, %" PRIu64 " were zero clusters",
                     request->cluster, request->cluster + request->count - 1,
                     request->cluster * size, (request->cluster + request->count) * size - 1, data,
                     replaced->unallocated, replaced->invalid, request->count - plan->count);
}

int plan_zerocluster(struct plan *plan, struct source *source, const struct audit *audit,
                     struct request *request, struct failure *why)
{
    struct replaced replaced = {0};
    int result = -1;

    if (!check_bounds(audit, request, why) &&
        !plan_range(plan, source, audit, request, &replaced, why) &&
        !note_range(plan, audit, request, &replaced, why) && !plan_finish(plan, why) &&
        !find_leaks(plan, source, audit, &replaced, why))
        result = 0;
    extents_free(&replaced.data);
    return result;
}
