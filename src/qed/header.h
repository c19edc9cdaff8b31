/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_HEADER_H
#define QED_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qed/format.h"
#include "qed/source.h"

/* The header's fields, as they stand in the file; units in format.h. */
struct header {
    uint32_t magic, cluster_size, table_size, header_size;
    uint64_t features, compat_features, autoclear_features;
    uint64_t l1_table_offset, image_size;
    uint32_t backing_filename_offset, backing_filename_size;
};

/* Sizes that follow from a header and the length of its file. */
struct geometry {
    uint32_t cluster_size;   /* bytes */
    unsigned cluster_bits;   /* its logarithm */
    uint32_t table_clusters; /* clusters of a table */
    uint32_t nelems;         /* elements of a table */
    uint64_t table_size;     /* bytes of a table */
    uint64_t header_end;     /* bytes of the header clusters */
    uint64_t file_end;       /* bytes of the whole clusters of the file, as qemu counts them */
    uint64_t file_clusters;
    uint64_t total_clusters; /* of the guest's view */
};

/*
 * What can be wrong with a header. Bits of a set, in the order in which qemu looks; a row of the
 * findings' catalogue stands behind each.
 */
enum header_fault {
    HEADER_SHORT,             /* the file ends inside the header */
    HEADER_MAGIC,             /* not "QED\0" */
    HEADER_UNKNOWN_FEATURES,  /* feature bits that no specification explains */
    HEADER_CLUSTER_SIZE,      /* not a power of two from 4 KiB to 64 MiB */
    HEADER_TABLE_SIZE,        /* not a power of two from 1 to 16 */
    HEADER_IMAGE_SIZE_ODD,    /* not a multiple of 512 */
    HEADER_IMAGE_SIZE_LIMIT,  /* more than two levels of tables can address */
    HEADER_IMAGE_SIZE_QEMU,   /* sound, but over a limit of qemu's own */
    HEADER_L1_UNALIGNED,      /* not a multiple of the cluster size */
    HEADER_L1_IN_HEADER,      /* inside the header clusters */
    HEADER_L1_BEYOND_END,     /* the table ends behind the end of the file */
    HEADER_TABLE_SIZE_ONE,    /* sound, but qemu refuses tables of one cluster */
    HEADER_SIZE_ZERO,         /* the header has no cluster of its own */
    HEADER_SIZE_QEMU,         /* header clusters of 4 GiB and more, which qemu refuses */
    HEADER_BACKING_OUTSIDE,   /* the backing file name leaves the header clusters */
    HEADER_BACKING_LONG,      /* sound, but longer than the 4095 bytes that qemu reads */
    HEADER_UNKNOWN_COMPAT,    /* compat feature bits: allowed, unknown */
    HEADER_UNKNOWN_AUTOCLEAR, /* autoclear feature bits: allowed, unknown */
    HEADER_FAULTS
};

/* Whether a fault breaks the specification (the others are remarks, or concern only qemu). */
bool header_fault_breaks(enum header_fault fault);

void header_decode(const unsigned char bytes[QED_HEADER_SIZE], struct header *header);
void header_encode(const struct header *header, unsigned char bytes[QED_HEADER_SIZE]);

/* Reads and decodes the header; bytes that a short file lacks read as zeros. */
int header_read(struct source *source, struct header *header, struct failure *why);

/* The set of faults of a header in a file of file_size bytes: bit 1 << fault each. */
uint32_t header_judge(const struct header *header, uint64_t file_size);

static inline bool header_has(uint32_t faults, enum header_fault fault)
{
    return faults >> fault & 1;
}

/* Whether the specification allows the header: then, and only then, a copy of it can be made. */
bool header_sound(uint32_t faults);

/*
 * Derives the geometry. False where magic, features, cluster size or table size leave no way to
 * read a table; the other faults do not matter here.
 */
bool header_geometry(const struct header *header, uint64_t file_size, struct geometry *geometry);

/*
 * qemu keeps lengths, that of the guest's view and that of the file, in a signed 64-bit number, and
 * rounds its limit down to a GiB.
 */
#define HEADER_QEMU_MAX_SIZE ((UINT64_C(1) << 63) - (UINT64_C(1) << 30))

/* Longest backing file name that qemu reads, in bytes. */
#define HEADER_MAX_NAME 4095u

/*
 * Reads the backing file name, cut at a NUL as qemu does, into name. Returns its length: 0 where
 * there is none, or none that can be read; -1 failed.
 */
int header_backing_name(const struct header *header, struct source *source,
                        char name[HEADER_MAX_NAME + 1], struct failure *why);

/* Whether offset can be that of a data cluster: aligned, behind the header, inside the file. */
static inline bool geometry_holds_cluster(const struct geometry *geometry, uint64_t offset)
{
    return !(offset & (geometry->cluster_size - 1)) && offset >= geometry->header_end &&
           offset < geometry->file_end;
}

/* Whether offset can be that of a table: all its clusters are valid ones. */
static inline bool geometry_holds_table(const struct geometry *geometry, uint64_t offset)
{
    return geometry_holds_cluster(geometry, offset) &&
           geometry->table_size <= geometry->file_end - offset;
}

#endif
