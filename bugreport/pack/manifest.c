/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct failure *why)
{
    return failure_set_errno(why, ENOMEM, "cannot make the manifest");
}

int manifest_init(struct manifest *manifest, struct failure *why)
{
    *manifest = (struct manifest){.members = json_array(), .image = json_null()};
    manifest->out = open_memstream(&manifest->ranges, &manifest->ranges_size);
    return manifest->members && manifest->out ? 0 : no_memory(why);
}

void manifest_free(struct manifest *manifest)
{
    json_decref(manifest->members);
    json_decref(manifest->image);
    if (manifest->out)
        fclose(manifest->out);
    free(manifest->ranges);
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

/* Writes the range that is under way. */
static void write_range(struct manifest *manifest)
{
    if (manifest->position > manifest->begin)
        fprintf(manifest->out, "%s[%" PRIu64 ",%" PRIu64 ",\"%s\",\"%s\"]",
                manifest->begin ? "," : "", manifest->begin, manifest->position - manifest->begin,
                manifest->action, manifest->reason);
    manifest->begin = manifest->position;
}

/* Enters the next size bytes of the source. */
static void enter(struct manifest *manifest, uint64_t size, uint64_t *total, const char *action,
                  const char *reason)
{
    if (!manifest->action || strcmp(action, manifest->action) != 0 ||
        strcmp(reason, manifest->reason) != 0)
        write_range(manifest);
    manifest->action = action;
    manifest->reason = reason;
    manifest->position += size;
    *total += size;
}

/* Enters the bytes up to the offset end, none of which is in the copy as data. */
static void enter_gap(struct manifest *manifest, const struct scrub *scrub, uint64_t end)
{
    const struct audit *audit = scrub->audit;

    while (manifest->position < end) {
        const struct table_ref *table;
        uint64_t stop = scrub_part_end(scrub, manifest->position, end, &table);
        uint64_t size;
        struct extent lost = {stop, 0};
        bool told = table || manifest->position < audit->geometry.header_end;

        /* What was read elsewhere, a suspect word pointed at. */
        if (told && source_unreadable(scrub->original, manifest->position, stop, &lost) &&
            lost.offset == manifest->position) {
            enter(manifest, lost.size, &manifest->unreadable, "unreadable", "read-error");
            continue;
        }
        size = lost.offset - manifest->position;
        if (manifest->position < audit->geometry.header_end)
            enter(manifest, size, &manifest->dropped, "dropped", "header-rest");
        else if (!table)
            enter(manifest, size, &manifest->dropped, "dropped", "not-metadata");
        else
            enter(manifest, size, &manifest->kept, "kept", "table-zeros");
    }
}

void manifest_add_range(struct manifest *manifest, const struct scrub *scrub,
                        const struct extent *range, bool rewritten)
{
    uint64_t *total = rewritten ? &manifest->rewritten : &manifest->kept;

    enter_gap(manifest, scrub, range->offset);
    enter(manifest, range->size, total, rewritten ? "rewritten" : "kept",
          range->offset ? "table" : "header");
}

int manifest_end_image(struct manifest *manifest, const struct scrub *scrub, const char *data_hash,
                       const char *map_hash, struct failure *why)
{
    enter_gap(manifest, scrub, scrub->source.size);
    json_decref(manifest->image);
    manifest->image = json_pack("{s:s, s:I, s:I, s:s, s:s}", "name", "image.qed", "size",
                                (json_int_t)scrub->source.size, "data-bytes",
                                (json_int_t)extents_total(&scrub->ranges), "data-sha256", data_hash,
                                "map-sha256", map_hash);
    return manifest->image ? 0 : no_memory(why);
}

void manifest_drop_all(struct manifest *manifest, uint64_t size)
{
    enter(manifest, size, &manifest->dropped, "dropped", "no-copy");
}

/* All but the ranges. */
static char *head_text(const struct manifest *manifest)
{
    json_t *object = json_pack(
        "{s:s, s:O, s:O, s:{s:I, s:I, s:I, s:I}}", "schema", MANIFEST_SCHEMA, "members",
        manifest->members, "image", manifest->image, "totals", "kept", (json_int_t)manifest->kept,
        "rewritten", (json_int_t)manifest->rewritten, "dropped", (json_int_t)manifest->dropped,
        "unreadable", (json_int_t)manifest->unreadable);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    return text;
}

char *manifest_text(struct manifest *manifest, struct failure *why)
{
    char *head = head_text(manifest), *text = NULL;

    write_range(manifest);
    if (head && !fflush(manifest->out) && !ferror(manifest->out)) {
        /* The last brace gives way to one more member. */
        head[strlen(head) - 1] = '\0';
        if (asprintf(&text, "%s,\"ranges\":[%s]}", head, manifest->ranges) < 0)
            text = NULL;
    }
    free(head);
    if (!text)
        no_memory(why);
    return text;
}
