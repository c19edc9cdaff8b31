/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/atlas.h"

#include "base/bytes.h"

/* Counters side by side, so that neighbours of equal rank do not wait for one another. */
#define LANES 4

static struct atlas_axis make_axis(uint64_t clusters, uint32_t most)
{
    struct atlas_axis axis = {.clusters = clusters};

    if (clusters == 0)
        return axis;
    while ((clusters - 1) >> axis.bits >= most)
        axis.bits++;
    axis.cells = (uint32_t)((clusters - 1) >> axis.bits) + 1;
    return axis;
}

void atlas_init(struct atlas *atlas, const struct geometry *geometry)
{
    *atlas = (struct atlas){
        .cluster_size = geometry->cluster_size,
        .guest = make_axis(geometry->total_clusters, ATLAS_CELLS),
        .columns = make_axis(geometry->total_clusters, ATLAS_COLUMNS),
        .file = make_axis(geometry->file_clusters, ATLAS_CELLS),
        .rows = make_axis(geometry->file_clusters, ATLAS_ROWS),
    };
}

/* How many of count clusters from the cluster on are in the cell that it is in. */
static uint64_t in_cell(const struct atlas_axis *axis, uint64_t cluster, uint64_t count)
{
    uint64_t room = atlas_room(axis, cluster);

    return room < count ? room : count;
}

static uint64_t offset_to_cluster(const struct atlas *atlas, uint64_t offset)
{
    return offset >> __builtin_ctz(atlas->cluster_size);
}

void atlas_add_clusters(struct atlas *atlas, enum atlas_use use, uint64_t offset, uint64_t clusters)
{
    uint64_t at = offset_to_cluster(atlas, offset);
    uint64_t part;

    for (; clusters > 0; clusters -= part, at += part) {
        part = in_cell(&atlas->file, at, clusters);
        atlas->file_cells[use][at >> atlas->file.bits] += part;
    }
}

/* Places data clusters of the guest's view; those past its end were cut off. */
static void place(struct atlas *atlas, uint64_t cluster, uint64_t at, uint64_t count)
{
    uint64_t part;

    for (; count > 0; count -= part, cluster += part, at += part) {
        struct atlas_guest *cell = &atlas->guest_cells[cluster >> atlas->guest.bits];

        part = in_cell(&atlas->file, at, in_cell(&atlas->guest, cluster, count));
        cell->data += part;
        cell->places += part * (at >> atlas->file.bits);
        atlas->dots[cluster >> atlas->columns.bits][at >> atlas->rows.bits] += part;
    }
}

/* Where clusters without a place in the file are counted. */
static uint64_t *counter_of(struct atlas_guest *cell, enum element_class class)
{
    if (class == ELEMENT_UNREADABLE)
        return &cell->unreadable;
    return class == ELEMENT_ZERO ? &cell->zero : &cell->invalid;
}

static void count(struct atlas *atlas, uint64_t cluster, enum element_class class, uint64_t count)
{
    uint64_t part;

    for (; count > 0; count -= part, cluster += part) {
        part = in_cell(&atlas->guest, cluster, count);
        *counter_of(&atlas->guest_cells[cluster >> atlas->guest.bits], class) += part;
    }
}

/* The same as place() and atlas_add_clusters() for one cluster, of which random images consist. */
static void place_one(struct atlas *atlas, uint64_t cluster, uint64_t offset, unsigned fragments,
                      enum atlas_use use)
{
    struct atlas_guest *cell = &atlas->guest_cells[cluster >> atlas->guest.bits];
    uint64_t at = offset_to_cluster(atlas, offset);
    uint64_t place = at >> atlas->file.bits;

    cell->data++;
    cell->places += place;
    cell->fragments += fragments;
    atlas->file_cells[use][place]++;
    atlas->dots[cluster >> atlas->columns.bits][at >> atlas->rows.bits]++;
}

void atlas_add_run(struct atlas *atlas, uint64_t cluster, const struct run *run, unsigned fragments,
                   bool twice)
{
    uint64_t room = cluster < atlas->guest.clusters ? atlas->guest.clusters - cluster : 0;
    uint64_t inside = room < run->count ? room : run->count;
    enum atlas_use use = twice ? ATLAS_TWICE : ATLAS_DATA;

    if (run->class == ELEMENT_UNALLOCATED)
        return;
    if (run->class == ELEMENT_VALID && run->count == 1 && inside == 1) {
        place_one(atlas, cluster, run->value, fragments, use);
        return;
    }
    if (run->class == ELEMENT_VALID)
        atlas_add_clusters(atlas, use, run->value, run->count);
    if (run->reason == REASON_BEYOND_END)
        atlas->beyond += run->count;
    if (run->class != ELEMENT_UNREADABLE)
        atlas->outside += run->count - inside;
    if (inside == 0)
        return;
    atlas->guest_cells[cluster >> atlas->guest.bits].fragments += fragments;
    if (run->class == ELEMENT_VALID)
        place(atlas, cluster, offset_to_cluster(atlas, run->value), inside);
    else
        count(atlas, cluster, run->class, inside);
}

/* Elements that are no data stand for row 0 and add nothing to the sum of places. */
static void place_words(struct atlas *atlas, const struct atlas_part *part)
{
    struct atlas_guest *cell = &atlas->guest_cells[part->cluster >> atlas->guest.bits];
    uint64_t *dots = atlas->dots[part->cluster >> atlas->columns.bits];
    unsigned cluster_bits = (unsigned)__builtin_ctz(atlas->cluster_size);
    unsigned to_place = cluster_bits + atlas->file.bits, to_row = cluster_bits + atlas->rows.bits;
    uint32_t rows[LANES][ATLAS_ROWS] = {0};

    for (size_t i = 0; i < part->count; i++) {
        uint64_t word = bytes_load64(part->bytes + i * QED_ELEMENT_SIZE);

        cell->places += word >> to_place;
        rows[i % LANES][word >> to_row]++;
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        for (uint32_t row = 0; row < ATLAS_ROWS; row++)
            dots[row] += rows[lane][row];
    }
    dots[0] -= part->count - part->data;
    cell->data += part->data;
}

void atlas_add_part(struct atlas *atlas, const struct atlas_part *part)
{
    struct atlas_guest *cell = &atlas->guest_cells[part->cluster >> atlas->guest.bits];

    cell->zero += part->zero;
    cell->fragments += part->fragments;
    if (part->one_run)
        place(atlas, part->cluster, offset_to_cluster(atlas, bytes_load64(part->bytes)),
              part->count);
    else if (part->data > 0)
        place_words(atlas, part);
}

void atlas_merge(struct atlas *atlas, const struct atlas *other)
{
    for (uint32_t i = 0; i < ATLAS_CELLS; i++) {
        const struct atlas_guest *from = &other->guest_cells[i];
        struct atlas_guest *to = &atlas->guest_cells[i];

        to->data += from->data;
        to->zero += from->zero;
        to->invalid += from->invalid;
        to->unreadable += from->unreadable;
        to->fragments += from->fragments;
        to->places += from->places;
        for (int use = 0; use < ATLAS_USES; use++)
            atlas->file_cells[use][i] += other->file_cells[use][i];
    }
    for (uint32_t column = 0; column < ATLAS_COLUMNS; column++) {
        for (uint32_t row = 0; row < ATLAS_ROWS; row++)
            atlas->dots[column][row] += other->dots[column][row];
    }
    atlas->outside += other->outside;
    atlas->beyond += other->beyond;
}

uint64_t atlas_cell_size(const struct atlas *atlas, const struct atlas_axis *axis)
{
    return (uint64_t)atlas->cluster_size << axis->bits;
}

uint64_t atlas_cell_clusters(const struct atlas_axis *axis, uint32_t cell)
{
    return in_cell(axis, 0, axis->clusters - ((uint64_t)cell << axis->bits));
}
