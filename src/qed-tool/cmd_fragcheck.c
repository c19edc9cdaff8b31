/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "qed-tool/proposal.h"
#include "qed-tool/tool.h"

/*
 * The original qed-tool.py's count: as qemu's, but the last offset is carried from one L2 table to
 * the next, so that each boundary is a fragment unless the data go on behind it, and elements below
 * a cluster's size are passed over, valid or not.
 */
struct original_count {
    uint64_t allocated, fragmented, last;
};

static void count_run(struct original_count *count, const struct run *run, uint32_t cluster_size)
{
    uint64_t first = run->value, length = run->count;

    if (run->class < ELEMENT_VALID)
        return;
    if (first < cluster_size) {
        first += cluster_size;
        length--;
    }
    if (length == 0)
        return;
    if (count->allocated && count->last + cluster_size != first)
        count->fragmented++;
    count->allocated += length;
    count->last = first + (length - 1) * cluster_size;
}

static int count_as_original(struct original_count *count, struct source *source,
                             const struct audit *audit, struct failure *why)
{
    struct walk walk;
    int more = -1;

    if (!walk_init(&walk, source, &audit->geometry, audit->header.l1_table_offset, WALK_TRUE,
                   why)) {
        while ((more = walk_next(&walk, why)) > 0) {
            if (walk.step.event == WALK_ELEMENTS)
                count_run(count, &walk.step.run, audit->geometry.cluster_size);
        }
    }
    walk_free(&walk);
    return more;
}

/* An empty image has nothing to divide by. */
static double percent(uint64_t part, uint64_t whole)
{
    return whole ? (double)part * 100.0 / (double)whole : 0.0;
}

static void print_line(const char *who, uint64_t allocated, uint64_t fragmented, uint64_t total)
{
    printf("%s %" PRIu64 "/%" PRIu64 " = %0.2f%% allocated, %0.2f%% fragmented (%" PRIu64 ")\n",
           who, allocated, total, percent(allocated, total), percent(fragmented, allocated),
           fragmented);
}

static json_t *encode(uint64_t allocated, uint64_t fragmented)
{
    return json_pack("{s:I, s:I, s:f}", "allocated-clusters", (json_int_t)allocated,
                     "fragmented-clusters", (json_int_t)fragmented, "fragmented-percent",
                     percent(fragmented, allocated));
}

static int print(const struct options *options, const struct original_count *count,
                 const struct audit *audit, struct failure *why)
{
    uint64_t total = audit->geometry.total_clusters;
    uint64_t allocated = audit->usage.allocated_clusters;
    uint64_t fragmented = audit->usage.fragmented_clusters;

    if (qemu_counts(&audit->qemu)) {
        allocated = audit->qemu.allocated_clusters;
        fragmented = audit->qemu.fragmented_clusters;
    }
    if (options->json)
        return print_json(json_pack("{s:I, s:o, s:o}", "total-clusters", (json_int_t)total,
                                    "original", encode(count->allocated, count->fragmented),
                                    "qemu-img", encode(allocated, fragmented)),
                          why);
    print_line("original qed-tool.py, across tables:", count->allocated, count->fragmented, total);
    print_line("qemu-img check, table by table:     ", allocated, fragmented, total);
    return 0;
}

int cmd_fragcheck(const struct options *options, struct failure *why)
{
    struct audit_options audit_options = {.keep = 0};
    struct audit *audit = calloc(1, sizeof(*audit));
    struct original_count count = {0};
    struct map *map = NULL;
    int result = -1;

    if (!audit)
        return failure_set_errno(why, ENOMEM, "cannot audit the image");
    if (!open_to_read(&map, options, why) &&
        !audit_run(audit, map_source(map), &audit_options, why) && !proposal_gate(audit, why) &&
        !count_as_original(&count, map_source(map), audit, why))
        result = print(options, &count, audit, why);
    audit_free(audit);
    free(audit);
    map_close(map);
    return result;
}
