/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_IMAGE_H
#define MKIMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An image file being made. It hands out clusters at the end of the file, as qemu does, and keeps a
 * list of what each stretch of the file was made for. That list is what the image was before
 * anybody damaged it: edits of single words and changes of the file's length do not touch it.
 */
enum extent_kind {
    EXTENT_HEADER,
    EXTENT_L1,
    EXTENT_L2,
    EXTENT_DATA,
    EXTENT_LEAK,
    EXTENT_HOLE, /* leaked too, but so large that it must never be filled */
};

struct extent {
    enum extent_kind kind;
    uint64_t offset;
    uint64_t size;
    uint64_t l1_index; /* of EXTENT_L2 only */
};

struct geometry {
    uint32_t cluster_size;
    uint32_t table_size;
    uint32_t header_size;
    uint32_t data_before_l1; /* clusters kept free in front of L1; the first data goes there */
    uint64_t features;
    uint64_t image_size;
    const char *backing; /* not owned, need not end in NUL; NULL: none */
    size_t backing_size;
};

struct image {
    int fd;
    struct geometry geometry;
    uint64_t elements; /* in a table */
    uint64_t table_bytes;
    uint64_t l1_offset;
    uint64_t size;  /* of the file, which gets this length no later than image_close */
    uint64_t spare; /* next free cluster in front of L1, if below l1_offset */
    struct extent *extents;
    size_t extent_count;
    size_t extent_room;
};

/* All that return bool have said what went wrong on standard error when they return false. */
bool image_create(struct image *image, const char *path);
bool image_close(struct image *image);

/* Writes the header and makes room for L1. The fields of image->geometry must be set. */
bool image_lay_out(struct image *image);

/* Appends clusters; the offset of the first is put into *offset. */
bool image_allocate(struct image *image, enum extent_kind kind, uint64_t clusters,
                    uint64_t l1_index, uint64_t *offset);

/* What a guest's write to, or discard of, one of its clusters does to the tables. */
bool image_write_guest(struct image *image, uint64_t guest_cluster);
bool image_zero_guest(struct image *image, uint64_t guest_cluster);

/* Where the L2 element of a guest cluster stands; false, in silence, if it has no table. */
bool image_l2_slot(const struct image *image, uint64_t guest_cluster, uint64_t *offset);

/* The L2 table made for an L1 index, or NULL. */
const struct extent *image_table(const struct image *image, uint64_t l1_index);

/* Extents of a kind, and clusters in them, by number. The number must be below the count. */
uint64_t image_count(const struct image *image, enum extent_kind kind);
const struct extent *image_nth(const struct image *image, enum extent_kind kind, uint64_t number);
uint64_t image_count_clusters(const struct image *image, enum extent_kind kind);
uint64_t image_nth_cluster(const struct image *image, enum extent_kind kind, uint64_t number);

/* The file as bytes. What is missing reads as zeroes; a write past the end lengthens the file. */
bool image_read(const struct image *image, uint64_t offset, void *bytes, size_t size);
bool image_write(struct image *image, uint64_t offset, const void *bytes, size_t size);
bool image_get32(const struct image *image, uint64_t offset, uint32_t *value);
bool image_get64(const struct image *image, uint64_t offset, uint64_t *value);
bool image_put32(struct image *image, uint64_t offset, uint32_t value);
bool image_put64(struct image *image, uint64_t offset, uint64_t value);
bool image_resize(struct image *image, uint64_t size);

#endif
