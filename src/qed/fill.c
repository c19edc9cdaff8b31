/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/fill.h"

#include "base/bytes.h"

struct fill {
    struct output *output;
    const struct geometry *geometry;
    struct extents tables; /* L1 and what it points at, whether the walk reads it or not */
    uint64_t clusters;
};

static int list_tables(struct fill *fill, struct source *source, uint64_t l1_offset,
                       struct failure *why)
{
    struct table_cursor cursor;
    struct run run;
    int more;

    if (extents_add(&fill->tables, l1_offset, fill->geometry->table_size, why))
        return -1;
    table_begin(&cursor, source, fill->geometry, TABLE_L1, l1_offset, NULL);
    while ((more = table_next(&cursor, &run, why)) > 0) {
        if (run.class == ELEMENT_VALID &&
            extents_add(&fill->tables, run.value, run.count * fill->geometry->table_size, why))
            return -1;
    }
    extents_sort(&fill->tables);
    return more;
}

static bool is_in_a_table(const struct fill *fill, uint64_t offset)
{
    size_t i = extents_find(&fill->tables, offset);

    return i < fill->tables.count && fill->tables.list[i].offset <= offset;
}

static int fill_cluster(struct fill *fill, uint64_t offset, uint64_t guest_pos, struct failure *why)
{
    unsigned char bytes[FILL_SIZE];

    if (is_in_a_table(fill, offset))
        return 0;
    for (size_t i = 0; i < sizeof(bytes); i += sizeof(guest_pos))
        bytes_store64(bytes + i, guest_pos);
    fill->clusters++;
    return output_write_at(fill->output, offset, bytes, sizeof(bytes), why);
}

/* Elements that refer to clusters which nothing before referred to. */
static int fill_run(struct fill *fill, const struct walk_step *step, struct failure *why)
{
    const struct geometry *geometry = fill->geometry;
    uint64_t first = step->l1_index * geometry->nelems + step->run.index;

    for (uint32_t i = 0; i < step->run.count; i++) {
        if (fill_cluster(fill, step->run.value + (uint64_t)i * geometry->cluster_size,
                         (first + i) << geometry->cluster_bits, why))
            return -1;
    }
    return 0;
}

int fill_write(struct output *output, struct source *source, const struct audit *audit,
               struct meter *meter, uint64_t *clusters, struct failure *why)
{
    uint64_t l1_offset = audit->header.l1_table_offset;
    struct fill fill = {.output = output, .geometry = &audit->geometry};
    struct walk walk;
    int more = -1;

    if (walk_init(&walk, source, fill.geometry, l1_offset, WALK_TRUE, why) ||
        list_tables(&fill, source, l1_offset, why))
        goto out;
    while ((more = walk_next(&walk, why)) > 0) {
        if (walk.step.event != WALK_ELEMENTS || walk.step.run.class != ELEMENT_VALID)
            continue;
        if (!walk.step.duplicate && fill_run(&fill, &walk.step, why)) {
            more = -1;
            break;
        }
        meter_add(meter, walk.step.run.count);
    }
    *clusters = fill.clusters;
out:
    walk_free(&walk);
    extents_free(&fill.tables);
    return more;
}
