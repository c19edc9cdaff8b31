/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image.h"

#include <err.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "qed/format.h"

static bool remember(struct image *image, const struct extent *extent)
{
    struct extent *last = image->extent_count ? &image->extents[image->extent_count - 1] : NULL;
    bool alike = extent->kind == EXTENT_DATA || extent->kind == EXTENT_LEAK;

    if (alike && last && last->kind == extent->kind &&
        last->offset + last->size == extent->offset) {
        last->size += extent->size;
        return true;
    }
    if (image->extent_count == image->extent_room) {
        size_t room = image->extent_room ? 2 * image->extent_room : 64;
        struct extent *more = reallocarray(image->extents, room, sizeof(*more));

        if (!more) {
            warn("list of extents");
            return false;
        }
        image->extents = more;
        image->extent_room = room;
    }
    image->extents[image->extent_count++] = *extent;
    return true;
}

static bool write_header(struct image *image)
{
    const struct geometry *geometry = &image->geometry;
    uint64_t features = geometry->features | (geometry->backing ? QED_F_BACKING_FILE : 0);
    uint8_t header[QED_HEADER_SIZE] = {0};

    bytes_store32(header + QED_AT_MAGIC, QED_MAGIC);
    bytes_store32(header + QED_AT_CLUSTER_SIZE, geometry->cluster_size);
    bytes_store32(header + QED_AT_TABLE_SIZE, geometry->table_size);
    bytes_store32(header + QED_AT_HEADER_SIZE, geometry->header_size);
    bytes_store64(header + QED_AT_FEATURES, features);
    bytes_store64(header + QED_AT_L1_TABLE_OFFSET, image->l1_offset);
    bytes_store64(header + QED_AT_IMAGE_SIZE, geometry->image_size);
    if (geometry->backing) {
        bytes_store32(header + QED_AT_BACKING_FILENAME_OFFSET, QED_HEADER_SIZE);
        bytes_store32(header + QED_AT_BACKING_FILENAME_SIZE, (uint32_t)geometry->backing_size);
    }
    return image_write(image, 0, header, sizeof(header)) &&
           (!geometry->backing ||
            image_write(image, QED_HEADER_SIZE, geometry->backing, geometry->backing_size));
}

bool image_lay_out(struct image *image)
{
    const struct geometry *geometry = &image->geometry;
    uint64_t header_bytes = (uint64_t)geometry->header_size * geometry->cluster_size;
    struct extent header = {.kind = EXTENT_HEADER, .size = header_bytes};

    image->table_bytes = (uint64_t)geometry->table_size * geometry->cluster_size;
    image->elements = image->table_bytes / QED_ELEMENT_SIZE;
    image->spare = header_bytes;
    image->size = header_bytes + (uint64_t)geometry->data_before_l1 * geometry->cluster_size;
    return remember(image, &header) &&
           image_allocate(image, EXTENT_L1, geometry->table_size, 0, &image->l1_offset) &&
           write_header(image);
}

bool image_allocate(struct image *image, enum extent_kind kind, uint64_t clusters,
                    uint64_t l1_index, uint64_t *offset)
{
    uint64_t cluster_size = image->geometry.cluster_size;
    struct extent extent = {.kind = kind, .l1_index = l1_index};
    uint64_t end;

    if (kind == EXTENT_DATA && clusters == 1 && image->spare < image->l1_offset) {
        extent.offset = image->spare;
        extent.size = cluster_size;
        image->spare += cluster_size;
    } else {
        if (!checked_round_up(image->size, cluster_size, &extent.offset) ||
            !checked_multiply(clusters, cluster_size, &extent.size) ||
            !checked_add(extent.offset, extent.size, &end) || end > INT64_MAX) {
            warnx("the file would get too large");
            return false;
        }
        image->size = end;
    }
    *offset = extent.offset;
    return remember(image, &extent);
}

const struct extent *image_table(const struct image *image, uint64_t l1_index)
{
    for (size_t i = 0; i < image->extent_count; i++)
        if (image->extents[i].kind == EXTENT_L2 && image->extents[i].l1_index == l1_index)
            return &image->extents[i];
    return NULL;
}

bool image_l2_slot(const struct image *image, uint64_t guest_cluster, uint64_t *offset)
{
    const struct extent *table = image_table(image, guest_cluster / image->elements);

    if (!table)
        return false;
    *offset = table->offset + guest_cluster % image->elements * QED_ELEMENT_SIZE;
    return true;
}

static bool need_slot(struct image *image, uint64_t guest_cluster, uint64_t *slot)
{
    uint64_t index = guest_cluster / image->elements;
    uint64_t table;

    if (image_l2_slot(image, guest_cluster, slot))
        return true;
    if (index >= image->elements) {
        warnx("guest cluster %ju lies beyond what L1 can hold", (uintmax_t)guest_cluster);
        return false;
    }
    return image_allocate(image, EXTENT_L2, image->geometry.table_size, index, &table) &&
           image_put64(image, image->l1_offset + index * QED_ELEMENT_SIZE, table) &&
           image_l2_slot(image, guest_cluster, slot);
}

bool image_write_guest(struct image *image, uint64_t guest_cluster)
{
    uint64_t slot, element, data;

    if (!need_slot(image, guest_cluster, &slot) || !image_get64(image, slot, &element))
        return false;
    if (element > QED_ZERO_CLUSTER)
        return true;
    return image_allocate(image, EXTENT_DATA, 1, 0, &data) && image_put64(image, slot, data);
}

bool image_zero_guest(struct image *image, uint64_t guest_cluster)
{
    uint64_t slot;

    return need_slot(image, guest_cluster, &slot) && image_put64(image, slot, QED_ZERO_CLUSTER);
}

uint64_t image_count(const struct image *image, enum extent_kind kind)
{
    uint64_t count = 0;

    for (size_t i = 0; i < image->extent_count; i++)
        count += image->extents[i].kind == kind;
    return count;
}

const struct extent *image_nth(const struct image *image, enum extent_kind kind, uint64_t number)
{
    for (size_t i = 0; i < image->extent_count; i++)
        if (image->extents[i].kind == kind && number-- == 0)
            return &image->extents[i];
    return NULL;
}

uint64_t image_count_clusters(const struct image *image, enum extent_kind kind)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < image->extent_count; i++)
        bytes += image->extents[i].kind == kind ? image->extents[i].size : 0;
    return bytes / image->geometry.cluster_size;
}

uint64_t image_nth_cluster(const struct image *image, enum extent_kind kind, uint64_t number)
{
    uint64_t skip = number * image->geometry.cluster_size;

    for (size_t i = 0; i < image->extent_count; i++) {
        const struct extent *extent = &image->extents[i];

        if (extent->kind != kind)
            continue;
        if (skip < extent->size)
            return extent->offset + skip;
        skip -= extent->size;
    }
    return 0;
}
