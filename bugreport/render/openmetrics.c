/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "bugreport/render/escape.h"
#include "bugreport/render/formats.h"
#include "bugreport/render/words.h"

/* A figure of the record as a gauge; what is a percentage in the record is a ratio here. */
struct gauge {
    const char *name, *unit, *help;
    size_t at; /* in struct record */
    enum field_type type;
    bool needs_walk;
};

#define GAUGE(name, unit, member, type, walk, help)                                                \
    {                                                                                              \
        name, unit, help, offsetof(struct record, member), type, walk                              \
    }

static const struct gauge gauges[] = {
    GAUGE("corruptions", "", corruptions, FIELD_COUNT, true, "Elements and clusters in conflict."),
    GAUGE("check_errors", "", check_errors, FIELD_COUNT, true,
          "Elements of tables that cannot be read."),
    GAUGE("leaked_bytes", "bytes", leaked_bytes, FIELD_BYTES, true,
          "Clusters of the file that nothing refers to."),
    GAUGE("need_check", "", dirty_flag, FIELD_BOOL, false, "Whether it is marked as dirty."),
    GAUGE("in_use", "", in_use, FIELD_BOOL, false, "Whether it was in use while it was read."),
    GAUGE("virtual_size_bytes", "bytes", virtual_size, FIELD_BYTES, false,
          "Size of the disk that the guest sees."),
    GAUGE("file_size_bytes", "bytes", file_size, FIELD_BYTES, false, "Length of the file."),
    GAUGE("disk_size_bytes", "bytes", actual_size, FIELD_BYTES, false,
          "Space that the file takes on the host."),
    GAUGE("allocated_ratio", "ratio", allocated_percent, FIELD_REAL, true,
          "Allocated clusters of all clusters of the guest."),
    GAUGE("fragmented_ratio", "ratio", fragmented_percent, FIELD_REAL, true,
          "Fragmented clusters of the allocated ones."),
    GAUGE("runs", "", runs, FIELD_COUNT, true,
          "Stretches of clusters in one piece in guest and file."),
};

static void print_family(FILE *out, const char *name, const char *unit, const char *help)
{
    fprintf(out, "# TYPE qedscrub_%s gauge\n", name);
    if (unit[0])
        fprintf(out, "# UNIT qedscrub_%s %s\n", name, unit);
    fprintf(out, "# HELP qedscrub_%s %s\n", name, help);
}

static void print_path(FILE *out, const char *name, const struct fleet_entry *entry)
{
    fprintf(out, "qedscrub_image_%s{path=\"", name);
    escape_text(out, entry->record.filename, escape_put_label);
    fputs("\"", out);
}

static bool has_value(const struct gauge *gauge, const struct record *record)
{
    const void *at = (const char *)record + gauge->at;

    if (gauge->type == FIELD_BYTES && *(const uint64_t *)at == RECORD_UNKNOWN)
        return false;
    return record->has_figures || !gauge->needs_walk;
}

static void print_value(FILE *out, const struct gauge *gauge, const struct record *record)
{
    const void *at = (const char *)record + gauge->at;

    if (gauge->type == FIELD_BOOL)
        fprintf(out, "%d", *(const bool *)at);
    else if (gauge->type == FIELD_REAL)
        fprintf(out, "%.15g", *(const double *)at / 100);
    else
        fprintf(out, "%" PRIu64, *(const uint64_t *)at);
}

static void print_gauge(FILE *out, const struct fleet *fleet, const struct gauge *gauge)
{
    char name[64];

    snprintf(name, sizeof(name), "image_%s", gauge->name);
    print_family(out, name, gauge->unit, gauge->help);
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_entry *entry = &fleet->entries[i];

        if (entry->status != ENTRY_OK || !has_value(gauge, &entry->record))
            continue;
        print_path(out, gauge->name, entry);
        fputs("} ", out);
        print_value(out, gauge, &entry->record);
        fputs("\n", out);
    }
}

static void print_outcomes(FILE *out, const struct fleet *fleet)
{
    print_family(out, "image_outcome", "",
                 "1 for each image, with its verdict or why it was not examined.");
    for (size_t i = 0; i < fleet->count; i++) {
        print_path(out, "outcome", &fleet->entries[i]);
        fprintf(out, ",outcome=\"%s\"} 1\n", words_outcome(&fleet->entries[i]));
    }
    print_family(out, "image_failed", "", "Whether the run fails on the image.");
    for (size_t i = 0; i < fleet->count; i++) {
        print_path(out, "failed", &fleet->entries[i]);
        fprintf(out, "} %d\n", policy_failing(&fleet->policy, &fleet->entries[i]) != 0);
    }
}

static void print_seconds(FILE *out, const struct fleet *fleet)
{
    print_family(out, "image_examination_seconds", "seconds", "Time that it took to examine.");
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_entry *entry = &fleet->entries[i];

        if (!entry->has_seconds)
            continue;
        print_path(out, "examination_seconds", entry);
        fprintf(out, "} %.6f\n", entry->seconds);
    }
}

/* The run as a whole; a file with several names counts once. */
static void print_run(FILE *out, const struct fleet *fleet)
{
    struct outcome outcomes[WORDS_OUTCOMES];
    struct fleet_totals totals;
    size_t count;

    fleet_total(fleet, &totals);
    count = words_outcomes(&totals, outcomes);
    print_family(out, "images", "", "Images by verdict, or by why they were not examined.");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "qedscrub_images{outcome=\"%s\"} %" PRIu64 "\n", outcomes[i].name,
                outcomes[i].images);
    print_family(out, "failing_images", "", "Images on which the run fails.");
    fprintf(out, "qedscrub_failing_images %" PRIu64 "\n", totals.failing);
    print_family(out, "run_complete", "", "Whether all images that should be are in here.");
    fprintf(out, "qedscrub_run_complete %d\n", fleet_is_complete(fleet));
}

int render_openmetrics(FILE *out, const struct fleet *fleet, const struct render_options *options,
                       struct failure *why)
{
    (void)options;
    (void)why;
    print_run(out, fleet);
    print_outcomes(out, fleet);
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
        print_gauge(out, fleet, &gauges[i]);
    print_seconds(out, fleet);
    fputs("# EOF\n", out);
    return 0;
}
