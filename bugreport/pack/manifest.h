/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_MANIFEST_H
#define BUGREPORT_PACK_MANIFEST_H

#include <jansson.h>
#include <stdio.h>

#include "bugreport/pack/sink.h"
#include "qed/scrub.h"

/*
 * The account of a bundle, its last member: a digest of every other one, and for every byte of the
 * source whether it was kept, rewritten or dropped, and why, or that it could not be read. The
 * ranges of the account follow one another without gaps from 0 to the length of the source;
 * neighbours differ in action or reason.
 */
#define MANIFEST_SCHEMA "qedscrub-manifest/1"

struct manifest {
    json_t *members, *image;
    FILE *out; /* collects the ranges as JSON text: there can be millions */
    char *ranges;
    size_t ranges_size;
    uint64_t begin; /* of the range that is not written yet, with the reason for it */
    const char *action, *reason;
    uint64_t kept, rewritten, dropped, unreadable; /* bytes */
    uint64_t position;                             /* of the source, accounted for so far */
};

int manifest_init(struct manifest *manifest, struct failure *why);
void manifest_free(struct manifest *manifest);

/* Enters a member that holds these bytes. */
int manifest_add_member(struct manifest *manifest, const char *name, const void *bytes, size_t size,
                        struct failure *why);

/* Enters a range that the metadata image holds, in rising order; what lies before it is entered as
 * dropped. rewritten: whether any of its words is not the source's. */
void manifest_add_range(struct manifest *manifest, const struct scrub *scrub,
                        const struct extent *range, bool rewritten);

/* Enters the image member: digests (hex) of its data and of the map of its ranges. */
int manifest_end_image(struct manifest *manifest, const struct scrub *scrub, const char *data_hash,
                       const char *map_hash, struct failure *why);

/* Enters all of a source of which no copy was made. */
void manifest_drop_all(struct manifest *manifest, uint64_t size);

/* The manifest as JSON, to be freed by the caller; NULL if memory ran out. */
char *manifest_text(struct manifest *manifest, struct failure *why);

#endif
