/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_ORDER_H
#define MKIMAGE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prng.h"

/*
 * In which order a guest first wrote its clusters. Since clusters are handed out at the end of the
 * file, that order is the layout of the image.
 */
enum layout_kind {
    LAYOUT_SEQ,
    LAYOUT_FRAG,    /* parameter: per cent of the clusters that are out of place, anywhere */
    LAYOUT_LOCAL,   /* the same, but each within a window of 64 clusters */
    LAYOUT_STREAMS, /* parameter: writers side by side, taking turns of 1 to 8 clusters */
    LAYOUT_RANDOM,
};

struct layout {
    enum layout_kind kind;
    uint32_t parameter;
};

/* "seq", "frag:P", "local:P", "streams:K" or "random". */
bool layout_parse(const char *text, struct layout *layout);

/*
 * Draws which clusters of a guest's disk are in use: percent of total, in clumps of clump clusters.
 * Returns an ascending list to be given to order_free, or NULL after a message.
 */
uint32_t *order_choose(uint64_t total, uint64_t percent, uint64_t clump, struct prng *prng,
                       uint64_t *count);

/* Puts an ascending list of clusters into the order of a layout. */
bool order_shuffle(const struct layout *layout, uint32_t *clusters, uint64_t count,
                   struct prng *prng);

/* Zeroed memory for lists and tables that can be large; NULL after a message. */
void *order_room(uint64_t bytes);
void order_free(void *room, uint64_t bytes);

#endif
