/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_ATLAS_H
#define QED_ATLAS_H

#include "qed/table.h"

/*
 * Where an image's clusters lie, counted on grids of fixed size: what pictures are drawn from. A
 * cell stands for a power of two of clusters, the least with which the grid holds all; so it takes
 * the same memory for every image. All numbers are sums: runs are added in any order, and an atlas
 * of each half of the tables makes one of the whole.
 */
#define ATLAS_CELLS   512 /* of guest's view and file, at most */
#define ATLAS_COLUMNS 80  /* of the dot plot: guest's view */
#define ATLAS_ROWS    48  /* of the dot plot: file */

/* What a cluster of the file is used for. */
enum atlas_use {
    ATLAS_HEADER,
    ATLAS_L1,
    ATLAS_L2,
    ATLAS_DATA,
    ATLAS_LEAKED,
    ATLAS_TWICE, /* further references to clusters that are counted above already */
    ATLAS_USES
};

/* An axis of a grid: cells of 1 << bits clusters each. */
struct atlas_axis {
    uint64_t clusters;
    unsigned bits;
    uint32_t cells; /* those that hold a cluster */
};

/* A stretch of the guest's view; clusters. What is neither is a hole. */
struct atlas_guest {
    uint64_t data, zero, invalid, unreadable;
    uint64_t fragments; /* of data and invalid ones: those that do not follow their predecessor */
    uint64_t places;    /* sum of the data clusters' cells in the file: their mean says where */
};

struct atlas {
    uint32_t cluster_size;
    struct atlas_axis guest, file, columns, rows;
    struct atlas_guest guest_cells[ATLAS_CELLS];
    uint64_t file_cells[ATLAS_USES][ATLAS_CELLS];
    uint64_t dots[ATLAS_COLUMNS][ATLAS_ROWS]; /* data clusters */
    uint64_t outside; /* elements in use past the end of the guest's view: in the file map alone */
    uint64_t beyond;  /* elements that point past the end of the file */
};

/* An empty atlas of an image. */
void atlas_init(struct atlas *atlas, const struct geometry *geometry);

/*
 * Adds a run of an L2 table whose first element is the guest's cluster. fragments: how many of its
 * elements do not follow their predecessor (0 or 1); twice: its clusters were referred to before.
 */
void atlas_add_run(struct atlas *atlas, uint64_t cluster, const struct run *run, unsigned fragments,
                   bool twice);

/*
 * Elements of an L2 table that are 0, 1 or valid, and lie inside the guest's view, all in one cell
 * of it.
 */
struct atlas_part {
    uint64_t cluster; /* of the guest, for the first element */
    const unsigned char *bytes;
    size_t count;
    uint64_t data, zero, fragments; /* how many of them are that */
    bool one_run;                   /* each is its predecessor plus a cluster */
};

/* Adds a part to all but the file's own cells. */
void atlas_add_part(struct atlas *atlas, const struct atlas_part *part);

/* Adds clusters of the file from the valid offset on. */
void atlas_add_clusters(struct atlas *atlas, enum atlas_use use, uint64_t offset,
                        uint64_t clusters);

/* Adds what another atlas of the same image counted. */
void atlas_merge(struct atlas *atlas, const struct atlas *other);

/* How many clusters from one on are in the cell that it is in. */
static inline uint64_t atlas_room(const struct atlas_axis *axis, uint64_t cluster)
{
    return (UINT64_C(1) << axis->bits) - (cluster & ((UINT64_C(1) << axis->bits) - 1));
}

/* Bytes that a cell of an axis stands for. */
uint64_t atlas_cell_size(const struct atlas *atlas, const struct atlas_axis *axis);

/* Clusters in a cell: fewer in the last one than in the others, where the axis ends in it. */
uint64_t atlas_cell_clusters(const struct atlas_axis *axis, uint32_t cell);

#endif
