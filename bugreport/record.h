/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RECORD_H
#define BUGREPORT_RECORD_H

#include "bugreport/environment.h"
#include "bugreport/sketch.h"
#include "qed/deviation.h"

/*
 * The record: what an audit found, in the form that reports show. Every report is a function of
 * records alone, and nothing is in a record that must not be in a report: it is here that raw words
 * which may be a guest's are dropped, those of a damaged header included.
 */

#define RECORD_SCHEMA "qedscrub-record/1"

#define RECORD_UNKNOWN UINT64_MAX /* a figure that cannot be had, or must not be shown */

#define RECORD_POWERS 64

struct record_finding {
    struct finding finding; /* value is 0 where redacted */
    bool has_value, redacted;
    bool suspect; /* it stands in a suspect block: neither its place nor what it hits is told */
};

/* A table of which the metadata image holds stand-ins, in whole or in part. */
struct record_suspect {
    struct table_ref table;
    struct table_belief belief;
};

/* The metadata image that goes with a report, if one was made. */
struct record_copy {
    bool present;
    bool identical; /* qemu-img check says the same of it as of the original, or else: */
    struct deviation deviation;
    struct audit_figures figures;
    struct qemu_check qemu;
    uint64_t data_bytes; /* that are not hole */
    struct scrub_counts words;
    bool backing_name_kept;
    bool faithful; /* suspect tables were kept at the reporter's wish */
    struct record_suspect *suspects;
    size_t suspect_count;
    uint64_t moved_tables; /* that suspect words pointed at: stand-ins for them are elsewhere */
};

struct record {
    char *filename; /* any bytes */
    enum verdict verdict;
    bool has_figures; /* the tables could be walked */
    bool dirty_flag, in_use;
    uint64_t virtual_size, file_size;   /* bytes */
    uint64_t actual_size, host_extents; /* bytes on the disk and pieces there; never packed */
    uint64_t cluster_size, table_size, header_size; /* bytes, clusters, clusters */
    uint64_t check_errors, corruptions, leaks;
    uint64_t total_clusters, allocated_clusters, fragmented_clusters;
    uint64_t zero_clusters, unallocated_clusters;
    uint64_t l2_tables, metadata_bytes, leaked_bytes, tail_bytes;
    uint64_t runs, median_run, longest_run; /* clusters */
    double mean_run, runs_per_gib, allocated_percent, fragmented_percent;
    uint64_t run_histogram[RECORD_POWERS]; /* runs of 2^i to 2^(i+1) - 1 clusters */
    bool magic_ok;
    uint32_t features, unknown_feature_bits; /* known bits; how many others are set */
    uint32_t compat_bits, autoclear_bits;    /* how many are set; none is known */
    uint64_t l1_table_offset;                /* bytes */
    bool has_backing_file;
    char *backing_name; /* any bytes, NULL where there is none or it is not to be told */
    struct qemu_check qemu;
    uint64_t kinds[FINDING_KINDS]; /* sum of the counts of each kind of finding */
    struct record_finding *findings;
    size_t finding_count;
    struct record_copy copy;
    struct environment environment; /* only in bundles */
    struct sketch sketch;           /* only where it was asked for, and never in bundles */
    const struct atlas *atlas; /* what maps are drawn from, the audit's or the copy's; or NULL */
};

enum field_type { FIELD_COUNT, FIELD_BYTES, FIELD_REAL, FIELD_BOOL };

/*
 * A figure of the record: its JSON key, its name for people, and where it is. Host figures are left
 * out where they are not known; others are then said to be withheld.
 */
struct record_field {
    const char *key, *label;
    enum field_type type;
    size_t at;       /* offset in struct record */
    bool needs_walk; /* without meaning unless has_figures */
    bool of_host;    /* says something of the host, not of the image */
};

/* All figures in the order in which reports give them; ends with a row without a key. */
extern const struct record_field record_fields[];

/* Whether the record has something to say in a field. */
bool record_has_field(const struct record *record, const struct record_field *field);

/*
 * Makes the record of an audit. filename is what the image is to be called. record_free() is due
 * even if this fails.
 */
int record_make(struct record *record, const struct audit *audit, const char *filename,
                struct failure *why);

/*
 * Adds what becomes of the metadata image; forecast is what scrub_predict() said. Removes
 * what findings tell of suspect blocks.
 */
int record_add_copy(struct record *record, struct scrub *scrub,
                    const struct scrub_forecast *forecast, bool faithful, struct failure *why);

/* Whether words of the copy's tables are not the original's. */
bool record_copy_differs(const struct record_copy *copy);

/*
 * Gives a record with a copy the atlas of that copy, since a map must not tell more than the copy
 * does; none where tables stand elsewhere in it, when a map would show little that is true.
 */
void record_set_atlas(struct record *record, const struct atlas *atlas);

/*
 * Removes what findings tell of elements of tables, but for their counts: for reports that leave
 * the house without a copy, when nothing says which tables are to be believed.
 */
void record_drop_places(struct record *record);

/* Lets the record tell the name of the backing file. */
int record_set_backing_name(struct record *record, const char *name, struct failure *why);

void record_free(struct record *record);

#endif
