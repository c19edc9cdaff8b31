/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/unpack/verify_steps.h"
#include "qed/standin.h"

/* The steps for which the original is there. */

struct comparison {
    struct source *copy, *original;
    const struct audit *audit; /* of the original */
    uint64_t header_end;       /* bytes of the copy's header: its fields, and a name */
    uint64_t kept;             /* words that stand at the same place of a table of the original */
    uint64_t elsewhere;        /* that equal the original's where it has no table */
    uint64_t elsewhere_at;     /* the first of those */
    uint64_t others;
};

/* A word of the copy that is not 0. The end of the file may cut it. */
static void compare_word(struct comparison *comparison, uint64_t offset, uint64_t word,
                         uint64_t original)
{
    if (word != original) {
        comparison->others++;
    } else if (inventory_find(&comparison->audit->inventory, offset)) {
        comparison->kept++;
    } else if (comparison->elsewhere++ == 0) {
        comparison->elsewhere_at = offset;
    }
}

static void compare_words(struct comparison *comparison, uint64_t offset, size_t size,
                          const unsigned char *copy, const unsigned char *original)
{
    for (size_t i = 0; i < size; i += QED_ELEMENT_SIZE) {
        size_t there = size - i < QED_ELEMENT_SIZE ? size - i : QED_ELEMENT_SIZE;
        unsigned char words[2][QED_ELEMENT_SIZE] = {{0}, {0}};

        if (offset + i < comparison->header_end)
            continue;
        memcpy(words[0], copy + i, there);
        memcpy(words[1], original + i, there);
        if (bytes_load64(words[0]))
            compare_word(comparison, offset + i, bytes_load64(words[0]), bytes_load64(words[1]));
    }
}

#define PIECE ((size_t)4096)

static int compare_data(struct comparison *comparison, const struct extent *data,
                        struct failure *why)
{
    unsigned char original[PIECE], copy[PIECE];
    uint64_t at = data->offset, end = data->offset + data->size;

    while (at < end) {
        size_t size = end - at < PIECE ? (size_t)(end - at) : PIECE;

        if (source_read(comparison->copy, at, copy, size, why) ||
            source_read(comparison->original, at, original, size, why))
            return -1;
        compare_words(comparison, at, size, copy, original);
        at += size;
    }
    return 0;
}

static int compare_all(struct comparison *comparison, struct failure *why)
{
    uint64_t at = 0;
    struct extent data;
    int more;

    while ((more = source_data(comparison->copy, at, comparison->copy->size, &data, why)) > 0) {
        if (compare_data(comparison, &data, why))
            return -1;
        at = data.offset + data.size;
    }
    return more;
}

static int compare_headers(const struct verify_job *job, struct failure *why)
{
    const struct header *copy = &job->audit.header, *original = &job->original_audit.header;

    if (job->audit.file_size != job->original_audit.file_size)
        return failure_set(why, "image.qed has %" PRIu64 " bytes, the original %" PRIu64,
                           job->audit.file_size, job->original_audit.file_size);
    if (copy->cluster_size != original->cluster_size || copy->table_size != original->table_size ||
        copy->header_size != original->header_size || copy->image_size != original->image_size ||
        copy->l1_table_offset != original->l1_table_offset ||
        (copy->features & ~original->features) != 0)
        return failure_set(why, "image.qed at 0x0: not the header of the original");
    return 0;
}

/* Stand-ins are made up, and one can equal the original's word by chance. No other word can. */
static int check_counts(const struct comparison *comparison, const struct scrub_counts *told,
                        struct failure *why)
{
    uint64_t same = comparison->kept + comparison->elsewhere;

    if (comparison->elsewhere > told->stand_ins)
        return failure_set(
            why, "image.qed at 0x%" PRIx64 ": a word of the original that is in no table of it",
            comparison->elsewhere_at);
    if (comparison->kept < told->kept || same > told->kept + told->stand_ins)
        return failure_set(why,
                           "%" PRIu64 " words of image.qed are the original's, report.json tells "
                           "of %" PRIu64,
                           same, told->kept);
    return 0;
}

/* What packing the original again would give, against what is there. */
static int compare_scrubbed(struct scrub *scrub, struct image_store *image, struct failure *why)
{
    const struct extents *ranges = &scrub->ranges;

    if (ranges->count != image->ranges.count ||
        memcmp(ranges->list, image->ranges.list, ranges->count * sizeof(*ranges->list)) != 0)
        return failure_set(why, "image.qed holds other ranges than a new copy of the original");
    for (size_t i = 0; i < ranges->count; i++) {
        uint64_t at = ranges->list[i].offset, end = at + ranges->list[i].size;

        while (at < end) {
            size_t size = end - at < SOURCE_CHUNK ? (size_t)(end - at) : SOURCE_CHUNK;
            const unsigned char *wanted = source_range(&scrub->source, at, size, why);
            const unsigned char *there = source_range(&image->source, at, size, why);

            if (!wanted || !there)
                return -1;
            if (memcmp(wanted, there, size) != 0)
                return failure_set(why,
                                   "image.qed, in the %zu bytes from 0x%" PRIx64
                                   " on: not what a new copy of the original holds",
                                   size, at);
            at += size;
        }
    }
    return 0;
}

static int scrub_again(struct verify_job *job, struct failure *why)
{
    const struct record_copy *copy = &job->verification->record.copy;
    const struct scrub_options options = {copy->backing_name_kept, copy->faithful};
    struct scrub scrub;
    int result = -1;

    if (!audit_can_copy(&job->original_audit))
        return failure_set(why, "the header of the original allows no copy");
    if (!scrub_init(&scrub, job->original, &job->original_audit, &options, why))
        result = compare_scrubbed(&scrub, &job->verification->contents.image, why);
    scrub_free(&scrub);
    return result;
}

int verify_original(struct verify_job *job, struct failure *why)
{
    const struct audit_options options = {.keep = 0, .meter = job->meter};
    struct comparison comparison = {
        .copy = &job->verification->contents.image.source,
        .original = job->original,
        .audit = &job->original_audit,
        .header_end = QED_HEADER_SIZE + job->verification->grammar.name_size,
    };

    if (audit_run(&job->original_audit, job->original, &options, why) ||
        compare_headers(job, why) || compare_all(&comparison, why) ||
        check_counts(&comparison, &job->verification->record.copy.words, why) ||
        scrub_again(job, why))
        return -1;
    verify_say(job,
               "%" PRIu64 " words of the image stand at the same place of a table of the original, "
               "%" PRIu64 " are none of its words; all bytes are those of a new copy of it",
               comparison.kept, comparison.others + comparison.elsewhere);
    return 0;
}

static bool same_field(const struct record *a, const struct record *b,
                       const struct record_field *field)
{
    const void *x = (const char *)a + field->at, *y = (const char *)b + field->at;

    switch (field->type) {
    case FIELD_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case FIELD_REAL:
        return *(const double *)x == *(const double *)y;
    case FIELD_COUNT:
    case FIELD_BYTES:
        break;
    }
    return *(const uint64_t *)x == *(const uint64_t *)y;
}

/* All figures but those of the host, and whether it was in use. */
static int compare_records(const struct record *told, const struct record *found,
                           struct failure *why)
{
    for (const struct record_field *field = record_fields; field->key; field++) {
        if (!field->of_host && field->at != offsetof(struct record, in_use) &&
            record_has_field(found, field) && !same_field(told, found, field))
            return failure_set(why, "report.json has another figure of the original: %s",
                               field->key);
    }
    if (told->verdict != found->verdict || told->has_figures != found->has_figures ||
        !qemu_same(&told->qemu, &found->qemu))
        return failure_set(why, "the original is %s, report.json says %s of it",
                           verdict_name(found->verdict), verdict_name(told->verdict));
    return 0;
}

int verify_verdict(struct verify_job *job, struct failure *why)
{
    const struct audit_options options = {.keep = 0, .meter = job->meter};
    const struct record *told = &job->verification->record;
    struct record found = {0};
    int result = -1;

    if (!job->verification->has_image &&
        audit_run(&job->original_audit, job->original, &options, why))
        return -1;
    if (!record_make(&found, &job->original_audit, "", why) && !compare_records(told, &found, why))
        result = 0;
    record_free(&found);
    verify_say(job, "an audit of the original finds what report.json says: %s; of the copy: %s",
               verdict_name(told->verdict),
               !told->copy.present    ? "there is none"
               : told->copy.identical ? "qemu-img check says the same"
                                      : "qemu-img check says something else, see report.txt");
    return result;
}
