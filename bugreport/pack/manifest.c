/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/manifest.h"

#include <errno.h>
#include <stdlib.h>

static int no_memory(struct failure *why)
{
    return failure_set_errno(why, ENOMEM, "cannot make the manifest");
}

int manifest_init(struct manifest *manifest, struct failure *why)
{
    *manifest = (struct manifest){json_array(), json_null(), json_array(), 0, 0, 0, 0};
    return manifest->members && manifest->ranges ? 0 : no_memory(why);
}

void manifest_free(struct manifest *manifest)
{
    json_decref(manifest->members);
    json_decref(manifest->image);
    json_decref(manifest->ranges);
    *manifest = (struct manifest){0};
}

int manifest_add_member(struct manifest *manifest, const char *name, const void *bytes, size_t size,
                        struct failure *why)
{
    struct sha256_ctx hash;
    char hex[SINK_HEX_SIZE];
    json_t *member;

    sha256_init(&hash);
    sha256_update(&hash, size, bytes);
    sink_hex(&hash, hex);
    member = json_pack("{s:s, s:I, s:s}", "name", name, "size", (json_int_t)size, "sha256", hex);
    return json_array_append_new(manifest->members, member) ? no_memory(why) : 0;
}

/* Enters the next size bytes of the source. */
static int enter(struct manifest *manifest, uint64_t size, uint64_t *total, const char *action,
                 const char *reason, struct failure *why)
{
    json_t *range =
        json_pack("[I, I, s, s]", (json_int_t)manifest->position, (json_int_t)size, action, reason);

    if (json_array_append_new(manifest->ranges, range))
        return no_memory(why);
    manifest->position += size;
    *total += size;
    return 0;
}

/* Enters the bytes up to the offset end, none of which is in the copy as data. */
static int enter_gap(struct manifest *manifest, const struct scrub *scrub, uint64_t end,
                     struct failure *why)
{
    const struct audit *audit = scrub->audit;

    while (manifest->position < end) {
        const struct table_ref *table;
        uint64_t stop = scrub_part_end(scrub, manifest->position, end, &table);
        uint64_t size = stop - manifest->position;
        int failed;

        if (manifest->position < audit->geometry.header_end)
            failed = enter(manifest, size, &manifest->dropped, "dropped", "header-rest", why);
        else if (!table)
            failed = enter(manifest, size, &manifest->dropped, "dropped", "not-metadata", why);
        else if (scrub_keeps_table(scrub, table))
            failed = enter(manifest, size, &manifest->kept, "kept", "table-zeros", why);
        else
            failed = enter(manifest, size, &manifest->dropped, "dropped", "table-left-out", why);
        if (failed)
            return -1;
    }
    return 0;
}

int manifest_add_range(struct manifest *manifest, const struct scrub *scrub,
                       const struct extent *range, bool rewritten, struct failure *why)
{
    uint64_t *total = rewritten ? &manifest->rewritten : &manifest->kept;

    if (enter_gap(manifest, scrub, range->offset, why))
        return -1;
    return enter(manifest, range->size, total, rewritten ? "rewritten" : "kept",
                 range->offset ? "table" : "header", why);
}

int manifest_end_image(struct manifest *manifest, const struct scrub *scrub, const char *data_hash,
                       const char *map_hash, struct failure *why)
{
    if (enter_gap(manifest, scrub, scrub->source.size, why))
        return -1;
    json_decref(manifest->image);
    manifest->image = json_pack("{s:s, s:I, s:I, s:s, s:s}", "name", "image.qed", "size",
                                (json_int_t)scrub->source.size, "data-bytes",
                                (json_int_t)extents_total(&scrub->ranges), "data-sha256", data_hash,
                                "map-sha256", map_hash);
    return manifest->image ? 0 : no_memory(why);
}

int manifest_drop_all(struct manifest *manifest, uint64_t size, struct failure *why)
{
    return size ? enter(manifest, size, &manifest->dropped, "dropped", "no-copy", why) : 0;
}

char *manifest_text(struct manifest *manifest, struct failure *why)
{
    json_t *object = json_pack(
        "{s:s, s:O, s:O, s:{s:I, s:I, s:I, s:i}, s:O}", "schema", MANIFEST_SCHEMA, "members",
        manifest->members, "image", manifest->image, "totals", "kept", (json_int_t)manifest->kept,
        "rewritten", (json_int_t)manifest->rewritten, "dropped", (json_int_t)manifest->dropped,
        "unreadable", 0, "ranges", manifest->ranges);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (!text)
        no_memory(why);
    return text;
}
