/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_FORMAT_H
#define QED_FORMAT_H

#include <stdint.h>

/*
 * The QED format on disk. All numbers are little endian.
 *
 *   0        header_size clusters      l1_table_offset
 *   +--------+------------------+ ... +----------+ ... +----------+ ... +------+
 *   | header | rest, maybe the  |     | L1 table |     | L2 table |     | data |
 *   | 64 B   | backing name     |     +----------+     +----------+     +------+
 *   +--------+------------------+      elements: 0 = no table, or the offset of an L2 table
 *                                      L2 elements: 0 = unallocated, 1 = zero cluster,
 *                                      or the offset of a data cluster
 *
 * Both kinds of table take table_size clusters and hold table_size * cluster_size / 8 elements.
 * Guest position p is in cluster n = p / cluster_size, found at L1 index n / elements and L2 index
 * n % elements.
 */
#define QED_MAGIC 0x00444551u /* "QED\0" */

#define QED_HEADER_SIZE  64
#define QED_ELEMENT_SIZE 8

/* Where each field of the header stands, and what the specification allows in it. */
enum qed_field_offset {
    QED_AT_MAGIC = 0,                    /* u32 */
    QED_AT_CLUSTER_SIZE = 4,             /* u32, bytes: a power of two, 4 KiB to 64 MiB */
    QED_AT_TABLE_SIZE = 8,               /* u32, clusters: a power of two, 1 to 16 */
    QED_AT_HEADER_SIZE = 12,             /* u32, clusters */
    QED_AT_FEATURES = 16,                /* u64: a reader refuses bits that it does not know */
    QED_AT_COMPAT_FEATURES = 24,         /* u64: a reader ignores them */
    QED_AT_AUTOCLEAR_FEATURES = 32,      /* u64: a writer clears those it does not know */
    QED_AT_L1_TABLE_OFFSET = 40,         /* u64, bytes: a multiple of cluster_size */
    QED_AT_IMAGE_SIZE = 48,              /* u64, bytes the guest sees: a multiple of 512 */
    QED_AT_BACKING_FILENAME_OFFSET = 56, /* u32, bytes; only with QED_F_BACKING_FILE */
    QED_AT_BACKING_FILENAME_SIZE = 60,   /* u32, bytes; inside the header clusters, no NUL */
};

#define QED_F_BACKING_FILE            0x01u /* the backing file name is valid */
#define QED_F_NEED_CHECK              0x02u /* must be checked before use: "dirty" */
#define QED_F_BACKING_FORMAT_NO_PROBE 0x04u /* the backing file is raw */
#define QED_FEATURES_KNOWN            0x07u

#define QED_MIN_CLUSTER_SIZE (4u * 1024)
#define QED_MAX_CLUSTER_SIZE (64u * 1024 * 1024)
#define QED_MIN_TABLE_SIZE   1u
#define QED_MAX_TABLE_SIZE   16u
#define QED_SECTOR_SIZE      512u

/* Values of an L2 element that are not offsets. */
#define QED_UNALLOCATED  UINT64_C(0)
#define QED_ZERO_CLUSTER UINT64_C(1)

_Static_assert(QED_AT_BACKING_FILENAME_SIZE + 4 == QED_HEADER_SIZE, "the header is 64 bytes");

#endif
