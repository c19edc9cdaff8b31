/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crew.h"
#include "base/quote.h"
#include "bugreport/json_take.h"
#include "bugreport/pack/issue.h"
#include "bugreport/pack/readme.h"
#include "bugreport/pack/sink.h"
#include "bugreport/render/html.h"
#include "bugreport/render/json.h"
#include "bugreport/render/text.h"
#include "bugreport/unpack/verify_steps.h"

/* The steps that a bundle has to pass by itself. */

static void hash_bytes(const void *bytes, size_t size, char hex[SINK_HEX_SIZE])
{
    struct sha256_ctx hash;

    sha256_init(&hash);
    sha256_update(&hash, size, bytes);
    sink_hex(&hash, hex);
}

/* A member against its entry in the manifest. */
static int check_member(const struct contents *contents, enum contents_member member,
                        const json_t *entry, struct failure *why)
{
    const char *name = take_string(entry, "name", why);
    const char *told = take_string(entry, "sha256", why);
    uint64_t size = take_number(entry, "size", why);
    char hex[SINK_HEX_SIZE];

    if (!name || strcmp(name, contents_name(member)) != 0 || json_object_size(entry) != 3)
        return failure_set(why, "the manifest does not name %s in its place",
                           contents_name(member));
    hash_bytes(contents->members[member].bytes, contents->members[member].size, hex);
    if (!told || strcmp(told, hex) != 0 || size != contents->members[member].size)
        return failure_set(why, "%s is not what the manifest says: its SHA-256 is %s", name, hex);
    return 0;
}

static int check_members(const struct contents *contents, const json_t *entries, size_t *count,
                         struct failure *why)
{
    *count = 0;
    for (int member = 0; member < MEMBER_MANIFEST; member++) {
        if (member == MEMBER_IMAGE || !contents->members[member].present)
            continue;
        if (check_member(contents, (enum contents_member)member, json_array_get(entries, *count),
                         why))
            return -1;
        ++*count;
    }
    if (*count != json_array_size(entries))
        return failure_set(why, "the manifest names a member that is not there");
    return 0;
}

static void hash_image(struct image_store *image, char data_hex[SINK_HEX_SIZE],
                       char map_hex[SINK_HEX_SIZE])
{
    struct sha256_ctx map;

    sha256_init(&map);
    for (size_t i = 0; i < image->ranges.count; i++) {
        unsigned char bytes[16];

        bytes_store64(bytes, image->ranges.list[i].offset);
        bytes_store64(bytes + 8, image->ranges.list[i].size);
        sha256_update(&map, sizeof(bytes), bytes);
    }
    sink_hex(&map, map_hex);
    image_store_digest(image, data_hex);
}

static int check_image(struct image_store *image, const json_t *entry, struct failure *why)
{
    const char *name = take_string(entry, "name", why);
    const char *data = take_string(entry, "data-sha256", why);
    const char *map = take_string(entry, "map-sha256", why);
    char data_hex[SINK_HEX_SIZE], map_hex[SINK_HEX_SIZE];

    hash_image(image, data_hex, map_hex);
    if (!data || strcmp(data, data_hex) != 0)
        return failure_set(why,
                           "image.qed is not what the manifest says: the SHA-256 of its data is %s",
                           data_hex);
    if (!map || strcmp(map, map_hex) != 0)
        return failure_set(
            why, "image.qed is not what the manifest says: the SHA-256 of its map is %s", map_hex);
    if (take_number(entry, "size", why) != image->source.size ||
        take_number(entry, "data-bytes", why) != image->used)
        return failure_set(why, "image.qed has another size than the manifest says");
    if (!name || strcmp(name, contents_name(MEMBER_IMAGE)) != 0 || json_object_size(entry) != 5)
        return failure_set(why, "the manifest calls image.qed something else");
    return why->text[0] ? -1 : 0;
}

int verify_digests(struct verify_job *job, struct failure *why)
{
    struct contents *contents = &job->verification->contents;
    const char *manifest = contents->members[MEMBER_MANIFEST].bytes;
    const json_t *entry;
    size_t count;

    if (account_read(&job->account, manifest, contents->members[MEMBER_MANIFEST].size, why)) {
        failure_prefix(why, "manifest.json");
        return -1;
    }
    if (check_members(contents, take_list(job->account.head, "members", why), &count, why))
        return -1;
    entry = json_object_get(job->account.head, "image");
    if (!job->verification->has_image) {
        verify_say(job, "SHA-256 of %zu members as the manifest says", count);
        return json_is_null(entry) ? 0 : failure_set(why, "the manifest tells of an image");
    }
    verify_say(job,
               "SHA-256 of %zu members, and of the image's data (%" PRIu64
               " bytes) and map (%zu ranges), as the manifest says",
               count, contents->image.used, contents->image.ranges.count);
    return check_image(&contents->image, entry, why);
}

static bool same_extents(const struct extents *a, const struct extents *b)
{
    return a->count == b->count &&
           (a->count == 0 || !memcmp(a->list, b->list, a->count * sizeof(*a->list)));
}

int verify_account(struct verify_job *job, struct failure *why)
{
    const struct account *account = &job->account;
    const struct image_store *image = &job->verification->contents.image;
    const struct record *record = &job->verification->record;

    if (contents_record(&job->verification->contents, &job->verification->record, why))
        return -1;
    if (record->copy.present != job->verification->has_image)
        return failure_set(why, "report.json tells %s a copy",
                           record->copy.present ? "of" : "nothing of");
    if (record->file_size != account->end)
        return failure_set(why,
                           "report.json: the original has %" PRIu64
                           " bytes, manifest.json accounts for %" PRIu64,
                           record->file_size, account->end);
    job->verification->dropped = account->dropped;
    job->verification->whole = account->end;
    verify_say(job, "%" PRIu64 " ranges add up to the %" PRIu64 " bytes of the original%s",
               account->ranges, account->end,
               job->verification->has_image ? ", and are those of the image" : "");
    if (!job->verification->has_image && account->held.count > 0)
        return failure_set(why, "the manifest tells of data at 0x%" PRIx64 ", there is no image",
                           account->held.list[0].offset);
    if (!job->verification->has_image)
        return 0;
    if (account->end != image->source.size)
        return failure_set(why, "the ranges end at 0x%" PRIx64 ", the image at 0x%" PRIx64,
                           account->end, image->source.size);
    if (!same_extents(&account->held, &image->ranges))
        return failure_set(why, "the ranges that are kept are not those that image.qed holds");
    return 0;
}

int verify_grammar(struct verify_job *job, struct failure *why)
{
    struct grammar *grammar = &job->verification->grammar;

    *grammar = job->verification->contents.image.grammar;
    if (!grammar->holds)
        return failure_set(why, "image.qed at 0x%" PRIx64 ": %s", grammar->offence, grammar->what);
    verify_say(job,
               "a header, L1 and %" PRIu64 " L2 tables; of their words %" PRIu64
               " are offsets, %" PRIu64 " zero clusters, %" PRIu64
               " markers, the others 0; all else is hole",
               grammar->tables, grammar->offsets, grammar->zeros, grammar->markers);
    return 0;
}

/* A text against the member that it should be; frees it. */
static int check_text(const struct contents *contents, enum contents_member member, char *text,
                      struct failure *why)
{
    const char *bytes = contents->members[member].bytes;
    size_t size = contents->members[member].size, same = 0;

    if (!text)
        return -1;
    while (same < size && text[same] && text[same] == bytes[same])
        same++;
    if (same == size && !text[same]) {
        free(text);
        return 0;
    }
    free(text);
    return failure_set(why,
                       "%s is not what version %s makes of report.json: it differs at byte %zu",
                       contents_name(member), QEDSCRUB_VERSION, same);
}

/* Words of tables in the findings: only what has the form of an offset. */
static int check_values(const struct verify_job *job, struct failure *why)
{
    const struct record *record = &job->verification->record;
    struct geometry geometry = {.cluster_size = (uint32_t)record->cluster_size};

    for (size_t i = 0; i < record->finding_count; i++) {
        const struct record_finding *finding = &record->findings[i];

        if (finding->has_value &&
            (!record->copy.present ||
             !scrub_may_show(&geometry, record->file_size, finding->finding.value)))
            return failure_set(why, "report.json shows a word that is not an offset");
    }
    return 0;
}

int verify_reports(struct verify_job *job, struct failure *why)
{
    const struct contents *contents = &job->verification->contents;
    struct record *record = &job->verification->record;

    if (record->sketch.guest[0] || record->sketch.file[0])
        return failure_set(why, "report.json has maps, which no bundle has there");
    if (job->verification->has_image)
        record_set_atlas(record, job->audit.atlas);
    if (check_text(contents, MEMBER_JSON, render_json(record, why), why) ||
        check_text(contents, MEMBER_TEXT, render_text(record, why), why) ||
        (contents->members[MEMBER_HTML].present &&
         check_text(contents, MEMBER_HTML, render_html(record, why), why)) ||
        (contents->members[MEMBER_ISSUE].present &&
         check_text(contents, MEMBER_ISSUE, issue_text(record, contents->label, why), why)) ||
        check_text(contents, MEMBER_README, readme_text(record, contents->label, why), why))
        return -1;
    verify_say(job, "the texts say what report.json says, and no more; names in it: %s%s%s",
               QUOTE(record->filename), record->backing_name ? ", backing file " : "",
               record->backing_name ? QUOTE(record->backing_name) : "");
    return check_values(job, why);
}

/* The header fields that the copy has from the original. */
static int check_geometry(const struct record *record, const struct audit *audit,
                          struct failure *why)
{
    const struct header *header = &audit->header;

    if (record->virtual_size != header->image_size ||
        record->cluster_size != header->cluster_size || record->table_size != header->table_size ||
        record->header_size != header->header_size ||
        record->l1_table_offset != header->l1_table_offset ||
        record->dirty_flag != (bool)(header->features & QED_F_NEED_CHECK))
        return failure_set(why, "the header of image.qed is not the one that report.json tells of");
    return 0;
}

static bool same_figures(const struct audit_figures *a, const struct audit_figures *b)
{
    return a->verdict == b->verdict && a->corruptions == b->corruptions && a->leaks == b->leaks &&
           a->allocated_clusters == b->allocated_clusters &&
           a->fragmented_clusters == b->fragmented_clusters && a->zero_clusters == b->zero_clusters;
}

/* What report.json says of the copy's words and bytes. */
static int check_words(const struct record_copy *copy, const struct grammar *grammar,
                       struct failure *why)
{
    const struct scrub_counts *words = &copy->words;

    if (words->kept + words->rewritten + words->stand_ins !=
            grammar->offsets + grammar->zeros + grammar->markers ||
        grammar->markers < words->rewritten ||
        grammar->markers > words->rewritten + words->stand_ins)
        return failure_set(why, "image.qed has other words than report.json counts");
    if (copy->data_bytes != grammar->data)
        return failure_set(why, "image.qed has other data than report.json says");
    if (copy->backing_name_kept != (grammar->name_size > 0))
        return failure_set(why, "report.json does not tell of the backing file name in image.qed");
    return 0;
}

int verify_figures(struct verify_job *job, struct failure *why)
{
    const struct audit_options options = {
        .atlas = true, .jobs = crew_size(job->jobs), .feed = job->feed, .meter = job->meter};
    const struct record *record = &job->verification->record;
    struct audit_figures figures;

    if (audit_run(&job->audit, &job->verification->contents.image.source, &options, why))
        return -1;
    audit_feed_free(job->feed);
    figures = audit_figures(&job->audit);
    if (check_geometry(record, &job->audit, why) ||
        check_words(&record->copy, &job->verification->grammar, why))
        return -1;
    if (!same_figures(&figures, &record->copy.figures) ||
        !qemu_same(&job->audit.qemu, &record->copy.qemu) ||
        record->copy.identical != qemu_same(&record->copy.qemu, &record->qemu))
        return failure_set(why,
                           "image.qed gives %s, %" PRIu64 " corruptions, %" PRIu64
                           " leaks, %" PRIu64 " allocated and %" PRIu64
                           " fragmented clusters; report.json says something else of it",
                           verdict_name(figures.verdict), figures.corruptions, figures.leaks,
                           figures.allocated_clusters, figures.fragmented_clusters);
    verify_say(job,
               "computed anew from the image, and as report.json says: %s, %" PRIu64
               " corruptions, %" PRIu64 " leaks; those of qemu-img too",
               verdict_name(figures.verdict), figures.corruptions, figures.leaks);
    return 0;
}
