/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/pack/issue.h"
#include "bugreport/pack/manifest.h"
#include "bugreport/pack/readme.h"
#include "bugreport/render/html.h"
#include "bugreport/render/json.h"
#include "bugreport/render/text.h"

struct bundle {
    struct tarball *tarball;
    struct manifest manifest;
    const struct record *record;
    struct scrub *scrub;
    struct bundle_inventory *inventory;
    struct sha256_ctx map_hash;
    struct meter *meter;
};

static void list_member(struct bundle *bundle, const char *name, uint64_t size, uint64_t data_size)
{
    struct bundle_inventory *inventory = bundle->inventory;

    inventory->members[inventory->count].name = name;
    inventory->members[inventory->count].size = size;
    inventory->members[inventory->count].data_size = data_size;
    inventory->count++;
}

/* Adds a text, NULL if making it failed, and frees it. */
static int add_text(struct bundle *bundle, const char *name, char *text, struct failure *why)
{
    size_t size = text ? strlen(text) : 0;
    int result = -1;

    if (text && !manifest_add_member(&bundle->manifest, name, text, size, why))
        result = tarball_add(bundle->tarball, name, text, size, why);
    list_member(bundle, name, size, size);
    free(text);
    return result;
}

static void hash_extent(struct sha256_ctx *hash, const struct extent *extent)
{
    unsigned char bytes[16];

    bytes_store64(bytes, extent->offset);
    bytes_store64(bytes + 8, extent->size);
    sha256_update(hash, sizeof(bytes), bytes);
}

/*
 * The next bytes of a range and how many they are, put where the archive wants them if it says. A
 * metadata image is read from multiples of 8 on.
 */
static const unsigned char *next_bytes(struct bundle *bundle, uint64_t at, uint64_t end,
                                       size_t *size, struct failure *why)
{
    struct scrub *scrub = bundle->scrub;
    unsigned char *room;
    size_t most = 0;

    if (tarball_room(bundle->tarball, &room, &most, why))
        return NULL;
    most -= most % QED_ELEMENT_SIZE;
    if (room && most > 0) {
        *size = end - at < most ? (size_t)(end - at) : most;
        return scrub_read(scrub, at, room, *size, why) ? NULL : room;
    }
    *size = end - at < SOURCE_CHUNK ? (size_t)(end - at) : SOURCE_CHUNK;
    return source_range(&scrub->source, at, *size, why);
}

static int add_range(struct bundle *bundle, const struct extent *range, struct failure *why)
{
    struct scrub *scrub = bundle->scrub;
    uint64_t changed = scrub->counts.rewritten + scrub->counts.stand_ins;
    uint64_t at = range->offset, end = range->offset + range->size;

    while (at < end) {
        size_t size;
        const unsigned char *bytes = next_bytes(bundle, at, end, &size, why);

        if (!bytes || tarball_data(bundle->tarball, at, bytes, size, why))
            return -1;
        meter_add(bundle->meter, size);
        at += size;
    }
    hash_extent(&bundle->map_hash, range);
    manifest_add_range(&bundle->manifest, scrub, range,
                       range->offset == 0 ||
                           scrub->counts.rewritten + scrub->counts.stand_ins > changed);
    return 0;
}

/* What was foretold in the report must be what went into the archive. */
static int check_counts(const struct bundle *bundle, struct failure *why)
{
    const struct scrub_counts *told = &bundle->record->copy.words, *got = &bundle->scrub->counts;

    if (told->kept == got->kept && told->rewritten == got->rewritten &&
        told->stand_ins == got->stand_ins)
        return 0;
    return failure_set(why, "the image changed while it was read; try again when it is not in use");
}

static int add_image(struct bundle *bundle, struct failure *why)
{
    const struct extents *ranges = &bundle->scrub->ranges;
    char data_hex[SINK_HEX_SIZE], map_hex[SINK_HEX_SIZE];

    sha256_init(&bundle->map_hash);
    if (tarball_begin_sparse(bundle->tarball, "image.qed", bundle->scrub->source.size, ranges, why))
        return -1;
    meter_begin(bundle->meter, "packing", extents_total(ranges), true);
    for (size_t i = 0; i < ranges->count; i++) {
        if (add_range(bundle, &ranges->list[i], why))
            return -1;
    }
    list_member(bundle, "image.qed", bundle->scrub->source.size, extents_total(ranges));
    sink_hex(&bundle->map_hash, map_hex);
    if (tarball_end_sparse(bundle->tarball, data_hex, why) || check_counts(bundle, why))
        return -1;
    return manifest_end_image(&bundle->manifest, bundle->scrub, data_hex, map_hex, why);
}

static int add_members(struct bundle *bundle, const struct bundle_options *options,
                       struct failure *why)
{
    const struct record *record = bundle->record;

    if (add_text(bundle, "README.txt", readme_text(record, options->label, why), why) ||
        add_text(bundle, "ISSUE.md", issue_text(record, options->label, why), why) ||
        add_text(bundle, "report.txt", render_text(record, why), why) ||
        add_text(bundle, "report.json", render_json(record, why), why) ||
        add_text(bundle, "report.html", render_html(record, why), why))
        return -1;
    if (!bundle->scrub)
        manifest_drop_all(&bundle->manifest, record->file_size);
    else if (add_image(bundle, why))
        return -1;
    if (add_text(bundle, "manifest.json", manifest_text(&bundle->manifest, why), why))
        return -1;
    return tarball_finish(bundle->tarball, why);
}

int bundle_write(struct sink *sink, const struct bundle_options *options,
                 const struct record *record, struct scrub *scrub,
                 struct bundle_inventory *inventory, struct failure *why)
{
    struct bundle bundle = {
        .record = record, .scrub = scrub, .inventory = inventory, .meter = options->meter};
    struct tarball_options archive = {options->filter, options->gzip, options->label,
                                      options->time};
    int result = -1;

    inventory->count = 0;
    if (manifest_init(&bundle.manifest, why))
        goto out;
    if (tarball_open(&bundle.tarball, sink, &archive, why))
        goto out;
    result = add_members(&bundle, options, why);
out:
    tarball_free(bundle.tarball);
    manifest_free(&bundle.manifest);
    return result;
}
