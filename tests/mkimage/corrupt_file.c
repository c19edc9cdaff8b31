/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corrupt.h"

#include "qed/format.h"

static enum outcome resize(struct damage *damage, const char *name, uint64_t size)
{
    fprintf(damage->log, " %s[%ju]=%ju", name, (uintmax_t)damage->image->size, (uintmax_t)size);
    return image_resize(damage->image, size) ? OUTCOME_DONE : OUTCOME_FAILED;
}

static enum outcome cut(struct damage *damage, const char *name, uint64_t bytes)
{
    if (damage->image->size < bytes)
        return OUTCOME_NOT_HERE;
    return resize(damage, name, damage->image->size - bytes);
}

/* Ends the file somewhere inside a range, on a multiple of step. */
static enum outcome cut_inside(struct damage *damage, const char *name, struct range range,
                               uint64_t step)
{
    uint64_t size = range.offset + step * prng_below(damage->prng, range.size / step);

    if (size >= damage->image->size)
        return OUTCOME_NOT_HERE;
    return resize(damage, name, size);
}

/* Too little for qemu to notice, which rounds the length up to whole sectors. */
static enum outcome truncate_bytes(struct damage *damage)
{
    return cut(damage, "truncate-bytes", 1 + prng_below(damage->prng, QED_SECTOR_SIZE - 1));
}

static enum outcome truncate_sector(struct damage *damage)
{
    return cut(damage, "truncate-sector", QED_SECTOR_SIZE);
}

static enum outcome truncate_clusters(struct damage *damage)
{
    uint64_t cluster_size = damage->image->geometry.cluster_size;

    return cut(damage, "truncate-clusters", cluster_size * (1 + prng_below(damage->prng, 4)));
}

static enum outcome truncate_element(struct damage *damage)
{
    enum level level = prng_one_in(damage->prng, 4) ? LEVEL_L1 : LEVEL_L2;
    uint64_t slot;

    if (!damage_slot(damage, level, &slot))
        return OUTCOME_NOT_HERE;
    return resize(damage, "truncate-element", slot + 1 + prng_below(damage->prng, 7));
}

static enum outcome truncate_table(struct damage *damage)
{
    const struct extent *table = damage_table(damage);

    return cut_inside(damage, "truncate-table", (struct range){table->offset, table->size},
                      QED_ELEMENT_SIZE);
}

static enum outcome truncate_l1(struct damage *damage)
{
    struct range l1 = {damage->image->l1_offset, damage->image->table_bytes};

    return cut_inside(damage, "truncate-l1", l1, 1);
}

static enum outcome truncate_header(struct damage *damage)
{
    return cut_inside(damage, "truncate-header", (struct range){0, QED_HEADER_SIZE}, 1);
}

static enum outcome truncate_tiny(struct damage *damage)
{
    return cut_inside(damage, "truncate-tiny", (struct range){0, QED_MIN_CLUSTER_SIZE + 1}, 1);
}

static enum outcome truncate_data(struct damage *damage)
{
    uint64_t clusters = image_count_clusters(damage->image, EXTENT_DATA);
    uint64_t chosen = prng_below(damage->prng, clusters);
    struct range data = {image_nth_cluster(damage->image, EXTENT_DATA, chosen),
                         damage->image->geometry.cluster_size};

    if (!clusters)
        return OUTCOME_NOT_HERE;
    return cut_inside(damage, "truncate-data", data, 1);
}

/*
 * Adds a hole, in one of four cases past the length at which qemu's count begins to find leaks that
 * are not there.
 */
static enum outcome extend(struct damage *damage)
{
    uint64_t cluster_size = damage->image->geometry.cluster_size;
    uint64_t mark = (cluster_size - 1) * cluster_size;
    uint64_t size = damage->image->size + prng_below(damage->prng, 16 * cluster_size);

    if (prng_one_in(damage->prng, 4) && size < mark)
        size = mark + prng_below(damage->prng, 8 * cluster_size);
    if (size > damage->max_file)
        return OUTCOME_NOT_HERE;
    return resize(damage, "extend", size);
}

static enum outcome leak(struct damage *damage)
{
    struct guest guest = guest_start(damage->image, damage->prng);
    uint64_t clusters = 1 + prng_below(damage->prng, 4);
    uint64_t bytes = clusters * damage->image->geometry.cluster_size;
    uint64_t offset;

    if (damage->image->size > damage->max_file)
        return OUTCOME_NOT_HERE;
    /* After a cut these clusters can lie where a table was. */
    if (!image_allocate(damage->image, EXTENT_LEAK, clusters, 0, &offset) ||
        !damage_overwritten(damage, offset, bytes))
        return OUTCOME_FAILED;
    fprintf(damage->log, " leak[%ju]=%ju", (uintmax_t)offset, (uintmax_t)clusters);
    if (!damage->guest)
        return OUTCOME_DONE;
    return guest_fill_range(&guest, damage->guest, damage->image, offset, bytes) ? OUTCOME_DONE
                                                                                 : OUTCOME_FAILED;
}

const struct corruption corruptions_file[] = {
    {"truncate-bytes", LEVEL_FILE, NULL, truncate_bytes},
    {"truncate-sector", LEVEL_FILE, NULL, truncate_sector},
    {"truncate-clusters", LEVEL_FILE, NULL, truncate_clusters},
    {"truncate-element", LEVEL_FILE, NULL, truncate_element},
    {"truncate-table", LEVEL_FILE, NULL, truncate_table},
    {"truncate-l1", LEVEL_FILE, NULL, truncate_l1},
    {"truncate-header", LEVEL_FILE, NULL, truncate_header},
    {"truncate-tiny", LEVEL_FILE, NULL, truncate_tiny},
    {"truncate-data", LEVEL_FILE, NULL, truncate_data},
    {"extend", LEVEL_FILE, NULL, extend},
    {"leak", LEVEL_FILE, NULL, leak},
    {0},
};
