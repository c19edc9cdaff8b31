/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_AUDIT_H
#define QED_AUDIT_H

#include "base/meter.h"
#include "qed/atlas.h"
#include "qed/finding.h"
#include "qed/inventory.h"
#include "qed/qemu.h"
#include "qed/usage.h"
#include "qed/verdict.h"
#include "qed/walk.h"

/*
 * All that an image's metadata tells. The top figures are true: real cluster numbers, 64-bit
 * counts. `qemu` is what qemu-img check prints, wrong where it is wrong. Parts of it point at one
 * another, so it stays where it was made.
 */
struct audit {
    uint64_t file_size;
    struct header header;
    uint32_t header_faults;
    bool has_geometry; /* geometry holds, in whole or as far as the header allows */
    struct geometry geometry;
    bool walked; /* the tables were read; usage and counts hold */
    struct usage usage;
    uint64_t corruptions;  /* clusters and elements in conflict, by qemu's rules */
    uint64_t duplicates;   /* of those, claims on clusters that were claimed before */
    uint64_t leaks;        /* clusters; unknown, and 0 here, where there are check errors */
    uint64_t check_errors; /* elements of tables that cannot be read */
    struct findings findings;
    enum verdict verdict;
    struct qemu_check qemu;
    struct inventory inventory; /* of the walk whose numbering is qemu's, if qemu opens the image */
    struct atlas *atlas;        /* where clusters lie; NULL unless asked for and walked */
};

struct audit_feed;

struct audit_options {
    size_t keep;         /* findings listed of each kind */
    bool in_use;         /* note that the image was in use while it was read */
    bool atlas;          /* make one */
    unsigned jobs;       /* threads; 0 is one */
    struct meter *meter; /* NULL, or to be told how far it is */
    bool in_order; /* always walk as qemu does, also where a survey would do: for comparison */
    struct audit_feed *feed; /* took all of the image already, or NULL: see audit_feed.h */
};

/*
 * Audits an image: header, walk, findings, figures. Any bytes give an audit; -1 only where the
 * source fails or memory runs out. audit_free() is due either way.
 */
int audit_run(struct audit *audit, struct source *source, const struct audit_options *options,
              struct failure *why);

void audit_free(struct audit *audit);

/* The true figures that decide on an image, by themselves: what is compared between two. */
struct audit_figures {
    enum verdict verdict;
    uint64_t corruptions, leaks;                                     /* as in struct audit */
    uint64_t allocated_clusters, fragmented_clusters, zero_clusters; /* as in struct usage */
};

struct audit_figures audit_figures(const struct audit *audit);

/* Whether the header allows a scrubbed copy of the image. */
bool audit_can_copy(const struct audit *audit);

#endif
