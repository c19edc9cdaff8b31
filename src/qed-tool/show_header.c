/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "qed-tool/tool.h"
#include "qed/finding.h"

#define MEANING_SIZE 160

/* A field of the header, as it stands in the file, and what it means. */
struct field {
    const char *name;
    uint64_t value;
    bool hex;
    char meaning[MEANING_SIZE];
};

#define FIELDS 11

static const struct {
    uint64_t bit;
    const char *name;
} feature_names[] = {
    {QED_F_BACKING_FILE, "BACKING_FILE"},
    {QED_F_NEED_CHECK, "NEED_CHECK"},
    {QED_F_BACKING_FORMAT_NO_PROBE, "BACKING_FORMAT_NO_PROBE"},
};

#define FEATURE_NAMES (sizeof(feature_names) / sizeof(feature_names[0]))

/* The names of the bits that are set; what has none is shown as a number. */
static void explain_features(uint64_t features, char meaning[MEANING_SIZE])
{
    uint64_t unknown = features & ~(uint64_t)QED_FEATURES_KNOWN;
    size_t used = 0;

    for (size_t i = 0; i < FEATURE_NAMES; i++) {
        if (features & feature_names[i].bit)
            used += (size_t)snprintf(meaning + used, MEANING_SIZE - used, "%s%s", used ? " " : "",
                                     feature_names[i].name);
    }
    if (unknown)
        snprintf(meaning + used, MEANING_SIZE - used, "%sunknown 0x%" PRIx64, used ? " " : "",
                 unknown);
    else if (used == 0)
        snprintf(meaning, MEANING_SIZE, "none");
}

static void explain_size(uint64_t size, char meaning[MEANING_SIZE])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)size;
    size_t unit = 0;

    if (size < 1024) {
        snprintf(meaning, MEANING_SIZE, "bytes");
        return;
    }
    for (; value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
        value /= 1024;
    snprintf(meaning, MEANING_SIZE, "bytes, %.4g %s", value, units[unit]);
}

/* "QED" and a NUL are 4 characters; others are shown if they can be. */
static void explain_magic(uint32_t magic, char meaning[MEANING_SIZE])
{
    char bytes[4], quoted[QUOTE_SIZE];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(magic >> (8 * i) & 0xff);
    snprintf(meaning, MEANING_SIZE, "%s", quote_bytes(quoted, sizeof(quoted), bytes, 4));
}

static void explain(struct field fields[FIELDS], const struct header *header)
{
    bool backing = header->features & QED_F_BACKING_FILE;

    explain_magic(header->magic, fields[0].meaning);
    explain_size(header->cluster_size, fields[1].meaning);
    snprintf(fields[2].meaning, MEANING_SIZE, "clusters, %" PRIu64 " elements",
             (uint64_t)header->table_size * header->cluster_size / QED_ELEMENT_SIZE);
    snprintf(fields[3].meaning, MEANING_SIZE, "clusters, up to offset 0x%" PRIx64,
             (uint64_t)header->header_size * header->cluster_size);
    explain_features(header->features, fields[4].meaning);
    snprintf(fields[5].meaning, MEANING_SIZE, "%s", header->compat_features ? "unknown" : "none");
    snprintf(fields[6].meaning, MEANING_SIZE, "%s",
             header->autoclear_features ? "unknown" : "none");
    snprintf(fields[7].meaning, MEANING_SIZE, "where the L1 table begins");
    explain_size(header->image_size, fields[8].meaning);
    for (int i = 9; i < FIELDS; i++)
        snprintf(fields[i].meaning, MEANING_SIZE, "%s",
                 backing ? "bytes" : "means nothing without BACKING_FILE");
}

static void fill_fields(struct field fields[FIELDS], const struct header *header)
{
    const struct field plain[FIELDS] = {
        {"magic", header->magic, true, ""},
        {"cluster_size", header->cluster_size, false, ""},
        {"table_size", header->table_size, false, ""},
        {"header_size", header->header_size, false, ""},
        {"features", header->features, true, ""},
        {"compat_features", header->compat_features, true, ""},
        {"autoclear_features", header->autoclear_features, true, ""},
        {"l1_table_offset", header->l1_table_offset, true, ""},
        {"image_size", header->image_size, false, ""},
        {"backing_filename_offset", header->backing_filename_offset, false, ""},
        {"backing_filename_size", header->backing_filename_size, false, ""},
    };

    memcpy(fields, plain, sizeof(plain));
    explain(fields, header);
}

static void print_fields(const struct field fields[FIELDS], uint32_t faults, const char *name)
{
    for (int i = 0; i < FIELDS; i++) {
        char value[24];

        snprintf(value, sizeof(value), fields[i].hex ? "0x%" PRIx64 : "%" PRIu64, fields[i].value);
        printf("%-24s %-20s %s\n", fields[i].name, value, fields[i].meaning);
    }
    if (name[0])
        printf("%-24s %s\n", "backing file name", QUOTE(name));
    for (int i = 0; i < HEADER_FAULTS; i++) {
        const struct finding_row *row = finding_row((enum finding_kind)i);

        if (header_has(faults, (enum header_fault)i))
            printf("%s: %s (%s)\n", severity_name(row->severity), row->text, row->cause);
    }
}

static json_t *encode_faults(uint32_t faults)
{
    json_t *list = json_array();

    for (int i = 0; i < HEADER_FAULTS; i++) {
        const struct finding_row *row = finding_row((enum finding_kind)i);

        if (header_has(faults, (enum header_fault)i))
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind", row->name, "severity",
                                                  severity_name(row->severity), "text", row->text));
    }
    return list;
}

/* Raw words can be more than a signed number holds, so they are hexadecimal text. */
static json_t *encode(const struct field fields[FIELDS], uint32_t faults, const char *name)
{
    json_t *header = json_object();
    char value[24], quoted[QUOTE_SIZE];

    for (int i = 0; i < FIELDS; i++) {
        snprintf(value, sizeof(value), "0x%" PRIx64, fields[i].value);
        json_object_set_new(header, fields[i].name,
                            json_pack("{s:s, s:s}", "value", value, "meaning", fields[i].meaning));
    }
    header = json_pack("{s:o, s:o}", "header", header, "faults", encode_faults(faults));
    if (header && name[0])
        json_object_set_new(header, "backing-filename",
                            json_string(quote_into(quoted, sizeof(quoted), name)));
    return header;
}

int show_header(const struct options *options, struct source *source, const struct header *header,
                struct failure *why)
{
    uint32_t faults = header_judge(header, source->size);
    char name[HEADER_MAX_NAME + 1];
    struct field fields[FIELDS];

    if (header_backing_name(header, source, name, why) < 0)
        return -1;
    fill_fields(fields, header);
    if (options->json)
        return print_json(encode(fields, faults, name), why);
    print_fields(fields, faults, name);
    return 0;
}
