/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/header.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

void header_decode(const unsigned char bytes[QED_HEADER_SIZE], struct header *header)
{
    *header = (struct header){
        .magic = bytes_load32(bytes + QED_AT_MAGIC),
        .cluster_size = bytes_load32(bytes + QED_AT_CLUSTER_SIZE),
        .table_size = bytes_load32(bytes + QED_AT_TABLE_SIZE),
        .header_size = bytes_load32(bytes + QED_AT_HEADER_SIZE),
        .features = bytes_load64(bytes + QED_AT_FEATURES),
        .compat_features = bytes_load64(bytes + QED_AT_COMPAT_FEATURES),
        .autoclear_features = bytes_load64(bytes + QED_AT_AUTOCLEAR_FEATURES),
        .l1_table_offset = bytes_load64(bytes + QED_AT_L1_TABLE_OFFSET),
        .image_size = bytes_load64(bytes + QED_AT_IMAGE_SIZE),
        .backing_filename_offset = bytes_load32(bytes + QED_AT_BACKING_FILENAME_OFFSET),
        .backing_filename_size = bytes_load32(bytes + QED_AT_BACKING_FILENAME_SIZE),
    };
}

void header_encode(const struct header *header, unsigned char bytes[QED_HEADER_SIZE])
{
    bytes_store32(bytes + QED_AT_MAGIC, header->magic);
    bytes_store32(bytes + QED_AT_CLUSTER_SIZE, header->cluster_size);
    bytes_store32(bytes + QED_AT_TABLE_SIZE, header->table_size);
    bytes_store32(bytes + QED_AT_HEADER_SIZE, header->header_size);
    bytes_store64(bytes + QED_AT_FEATURES, header->features);
    bytes_store64(bytes + QED_AT_COMPAT_FEATURES, header->compat_features);
    bytes_store64(bytes + QED_AT_AUTOCLEAR_FEATURES, header->autoclear_features);
    bytes_store64(bytes + QED_AT_L1_TABLE_OFFSET, header->l1_table_offset);
    bytes_store64(bytes + QED_AT_IMAGE_SIZE, header->image_size);
    bytes_store32(bytes + QED_AT_BACKING_FILENAME_OFFSET, header->backing_filename_offset);
    bytes_store32(bytes + QED_AT_BACKING_FILENAME_SIZE, header->backing_filename_size);
}

int header_read(struct source *source, struct header *header, struct failure *why)
{
    unsigned char bytes[QED_HEADER_SIZE];
    struct extent lost;

    if (source_read(source, 0, bytes, sizeof(bytes), why))
        return -1;
    if (source_unreadable(source, 0, sizeof(bytes), &lost))
        return failure_set_errno(why, source->error ? source->error : ENODATA,
                                 "the header cannot be read");
    header_decode(bytes, header);
    return 0;
}

static bool is_power_of_two(uint32_t value, uint32_t least, uint32_t most)
{
    return value >= least && value <= most && !(value & (value - 1));
}

static bool cluster_size_ok(const struct header *header)
{
    return is_power_of_two(header->cluster_size, QED_MIN_CLUSTER_SIZE, QED_MAX_CLUSTER_SIZE);
}

static bool table_size_ok(const struct header *header)
{
    return is_power_of_two(header->table_size, QED_MIN_TABLE_SIZE, QED_MAX_TABLE_SIZE);
}

bool header_geometry(const struct header *header, uint64_t file_size, struct geometry *geometry)
{
    uint32_t cluster_size = header->cluster_size;
    uint64_t sectors_end;

    if (header->magic != QED_MAGIC || header->features & ~(uint64_t)QED_FEATURES_KNOWN ||
        !cluster_size_ok(header) || !table_size_ok(header))
        return false;
    if (!checked_round_up(file_size, QED_SECTOR_SIZE, &sectors_end))
        return false;
    geometry->cluster_size = cluster_size;
    geometry->cluster_bits = (unsigned)__builtin_ctz(cluster_size);
    geometry->table_clusters = header->table_size;
    geometry->table_size = (uint64_t)cluster_size * header->table_size;
    geometry->nelems = (uint32_t)(geometry->table_size / QED_ELEMENT_SIZE);
    geometry->header_end = (uint64_t)header->header_size * cluster_size;
    geometry->file_end = sectors_end & ~(uint64_t)(cluster_size - 1);
    geometry->file_clusters = geometry->file_end / cluster_size;
    geometry->total_clusters =
        header->image_size / cluster_size + (header->image_size % cluster_size != 0);
    return true;
}

/* The exact limit nelems^2 * cluster_size; where it does not fit in 64 bits nothing exceeds it. */
static bool over_format_limit(const struct geometry *geometry, uint64_t image_size)
{
    uint64_t limit;

    return checked_multiply((uint64_t)geometry->nelems * geometry->nelems, geometry->cluster_size,
                            &limit) &&
           image_size > limit;
}

/*
 * qemu computes the same limit modulo 2^64, then refuses what its block layer cannot address. Of
 * the sizes from 2^63 on only 2^63 itself can pass the first test, and slips through the second.
 */
static bool over_qemu_limit(const struct geometry *geometry, uint64_t image_size)
{
    uint64_t limit = (uint64_t)geometry->nelems * geometry->nelems * geometry->cluster_size;

    return image_size > limit ||
           (image_size > HEADER_QEMU_MAX_SIZE && image_size != UINT64_C(1) << 63);
}

static uint32_t bit(enum header_fault fault, bool present)
{
    return present ? 1u << fault : 0;
}

static uint32_t judge_image_size(const struct header *header, const struct geometry *geometry)
{
    bool over = over_format_limit(geometry, header->image_size);

    return bit(HEADER_IMAGE_SIZE_ODD, header->image_size % QED_SECTOR_SIZE) |
           bit(HEADER_IMAGE_SIZE_LIMIT, over) |
           bit(HEADER_IMAGE_SIZE_QEMU, !over && over_qemu_limit(geometry, header->image_size));
}

static uint32_t judge_l1(const struct header *header, const struct geometry *geometry)
{
    uint64_t offset = header->l1_table_offset;

    if (offset & (geometry->cluster_size - 1))
        return bit(HEADER_L1_UNALIGNED, true);
    if (offset < geometry->header_end)
        return bit(HEADER_L1_IN_HEADER, true);
    return bit(HEADER_L1_BEYOND_END, !geometry_holds_table(geometry, offset));
}

static uint32_t judge_backing(const struct header *header, const struct geometry *geometry)
{
    uint64_t end = (uint64_t)header->backing_filename_offset + header->backing_filename_size;
    bool outside = end > geometry->header_end;

    if (!(header->features & QED_F_BACKING_FILE))
        return 0;
    return bit(HEADER_BACKING_OUTSIDE, outside) |
           bit(HEADER_BACKING_LONG, !outside && header->backing_filename_size > HEADER_MAX_NAME);
}

uint32_t header_judge(const struct header *header, uint64_t file_size)
{
    struct geometry geometry;
    uint32_t faults =
        bit(HEADER_SHORT, file_size < QED_HEADER_SIZE) |
        bit(HEADER_MAGIC, header->magic != QED_MAGIC) |
        bit(HEADER_UNKNOWN_FEATURES, header->features & ~(uint64_t)QED_FEATURES_KNOWN) |
        bit(HEADER_CLUSTER_SIZE, !cluster_size_ok(header)) |
        bit(HEADER_TABLE_SIZE, !table_size_ok(header)) |
        bit(HEADER_TABLE_SIZE_ONE, header->table_size == 1) |
        bit(HEADER_SIZE_ZERO, header->header_size == 0) |
        bit(HEADER_UNKNOWN_COMPAT, header->compat_features) |
        bit(HEADER_UNKNOWN_AUTOCLEAR, header->autoclear_features);

    if (header_has(faults, HEADER_MAGIC))
        return faults & (1u << HEADER_SHORT | 1u << HEADER_MAGIC);
    if (!header_geometry(header, file_size, &geometry))
        return faults;
    return faults | judge_image_size(header, &geometry) | judge_l1(header, &geometry) |
           bit(HEADER_SIZE_QEMU, geometry.header_end > UINT32_MAX) |
           judge_backing(header, &geometry);
}

int header_backing_name(const struct header *header, struct source *source,
                        char name[HEADER_MAX_NAME + 1], struct failure *why)
{
    uint32_t faults = header_judge(header, source->size);
    uint64_t offset = header->backing_filename_offset;
    size_t size = header->backing_filename_size;

    name[0] = '\0';
    if (!(header->features & QED_F_BACKING_FILE) || header_has(faults, HEADER_BACKING_OUTSIDE) ||
        header_has(faults, HEADER_BACKING_LONG) || !range_inside(offset, size, source->size))
        return 0;
    if (source_read(source, offset, name, size, why))
        return -1;
    name[size] = '\0';
    return (int)strlen(name);
}

bool header_fault_breaks(enum header_fault fault)
{
    static const uint32_t remarks = 1u << HEADER_UNKNOWN_FEATURES | 1u << HEADER_IMAGE_SIZE_QEMU |
                                    1u << HEADER_TABLE_SIZE_ONE | 1u << HEADER_SIZE_QEMU |
                                    1u << HEADER_BACKING_LONG | 1u << HEADER_UNKNOWN_COMPAT |
                                    1u << HEADER_UNKNOWN_AUTOCLEAR;

    return !header_has(remarks, fault);
}

bool header_sound(uint32_t faults)
{
    for (int fault = 0; fault < HEADER_FAULTS; fault++) {
        if (header_has(faults, (enum header_fault)fault) &&
            (header_fault_breaks((enum header_fault)fault) || fault == HEADER_UNKNOWN_FEATURES))
            return false;
    }
    return true;
}
