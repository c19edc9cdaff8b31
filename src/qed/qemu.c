/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/qemu.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"

static const char too_large[] = "Could not refresh total sector count: File too large";

/* The first fault in qemu's order decides what it says; a NULL text is a fault it does not mind. */
static const char *const open_errors[HEADER_FAULTS] = {
    [HEADER_MAGIC] = "Image not in QED format",
    [HEADER_UNKNOWN_FEATURES] = "Unsupported QED features",
    [HEADER_CLUSTER_SIZE] = "QED cluster size is invalid",
    [HEADER_TABLE_SIZE] = "QED table size is invalid",
    [HEADER_IMAGE_SIZE_ODD] = "QED image size is invalid",
    [HEADER_IMAGE_SIZE_LIMIT] = "QED image size is invalid",
    [HEADER_IMAGE_SIZE_QEMU] = "QED image size is invalid",
    [HEADER_L1_UNALIGNED] = "QED table offset is invalid",
    [HEADER_L1_IN_HEADER] = "QED table offset is invalid",
    [HEADER_L1_BEYOND_END] = "QED table offset is invalid",
    [HEADER_TABLE_SIZE_ONE] = "QED table offset is invalid",
    [HEADER_SIZE_QEMU] = "QED header size is too large",
    [HEADER_BACKING_OUTSIDE] = "QED backing filename offset is invalid",
    [HEADER_BACKING_LONG] = "Failed to read backing filename",
};

/*
 * An image size that passes qed's own wrapping limit fails last of all, in the block layer, which
 * keeps sizes in 63 bits.
 */
static bool fails_late(const struct header *header)
{
    uint64_t nelems = (uint64_t)header->cluster_size * header->table_size / QED_ELEMENT_SIZE;

    return header->image_size <= nelems * nelems * header->cluster_size;
}

/* The file's own length is looked at before anything in it. */
static bool file_is_too_long(uint64_t file_size)
{
    uint64_t sectors_end;

    return !checked_round_up(file_size, QED_SECTOR_SIZE, &sectors_end) ||
           sectors_end > HEADER_QEMU_MAX_SIZE;
}

void qemu_open(struct qemu_check *check, const struct header *header, uint64_t file_size)
{
    uint32_t faults = header_judge(header, file_size);
    const char *error = NULL;

    *check = (struct qemu_check){.opens = false};
    if (file_is_too_long(file_size)) {
        snprintf(check->error, sizeof(check->error), "%s", too_large);
        check->exit_status = 1;
        return;
    }
    if (header_has(faults, HEADER_IMAGE_SIZE_QEMU) && fails_late(header)) {
        faults &= ~(1u << HEADER_IMAGE_SIZE_QEMU);
        error = too_large;
    }
    for (int fault = HEADER_FAULTS - 1; fault >= 0; fault--) {
        if (header_has(faults, (enum header_fault)fault) && open_errors[fault])
            error = open_errors[fault];
    }
    check->opens = !error;
    check->exit_status = error ? 1 : 0;
    if (!error)
        return;
    snprintf(check->error, sizeof(check->error), "%s", error);
    if (header_has(faults, HEADER_UNKNOWN_FEATURES) && !header_has(faults, HEADER_MAGIC))
        snprintf(check->error, sizeof(check->error), "%s: %" PRIx64, error,
                 header->features & ~(uint64_t)QED_FEATURES_KNOWN);
}

static int32_t as_int(uint64_t count)
{
    return (int32_t)(uint32_t)count;
}

void qemu_count(struct qemu_check *check, const struct geometry *geometry, uint64_t corruptions,
                uint64_t leaks, uint64_t allocated, uint64_t fragmented)
{
    check->corruptions = as_int(corruptions);
    check->leaks = as_int(leaks);
    check->total_clusters = geometry->total_clusters;
    check->allocated_clusters = allocated;
    check->fragmented_clusters = fragmented;
    check->exit_status = check->corruptions ? 2 : check->leaks ? 3 : 0;
}

void qemu_cannot_read(struct qemu_check *check, bool l1)
{
    if (!check->opens)
        return;
    check->opens = !l1;
    check->fails = !l1;
    check->exit_status = 1;
    snprintf(check->error, sizeof(check->error), "%s",
             l1 ? "Failed to read L1 table" : "Check failed: Input/output error");
}

bool qemu_counts(const struct qemu_check *check)
{
    return check->opens && !check->fails;
}

bool qemu_same(const struct qemu_check *a, const struct qemu_check *b)
{
    return a->opens == b->opens && a->fails == b->fails && !strcmp(a->error, b->error) &&
           a->corruptions == b->corruptions && a->leaks == b->leaks &&
           a->total_clusters == b->total_clusters &&
           a->allocated_clusters == b->allocated_clusters &&
           a->fragmented_clusters == b->fragmented_clusters && a->exit_status == b->exit_status;
}

static double percent(uint64_t part, uint64_t whole)
{
    return (double)part * 100.0 / (double)whole;
}

void qemu_summary(const struct qemu_check *check, char line[QEMU_SUMMARY_SIZE])
{
    if (!check->opens)
        snprintf(line, QEMU_SUMMARY_SIZE, "Could not open: %s", check->error);
    else if (check->fails)
        snprintf(line, QEMU_SUMMARY_SIZE, "%s", check->error);
    else if (check->total_clusters && check->allocated_clusters)
        snprintf(line, QEMU_SUMMARY_SIZE,
                 "%" PRIu64 "/%" PRIu64
                 " = %0.2f%% allocated, %0.2f%% fragmented, 0.00%% compressed clusters",
                 check->allocated_clusters, check->total_clusters,
                 percent(check->allocated_clusters, check->total_clusters),
                 percent(check->fragmented_clusters, check->allocated_clusters));
    else if (check->corruptions)
        snprintf(line, QEMU_SUMMARY_SIZE, "%" PRId32 " errors were found on the image.",
                 check->corruptions);
    else if (check->leaks)
        snprintf(line, QEMU_SUMMARY_SIZE, "%" PRId32 " leaked clusters were found on the image.",
                 check->leaks);
    else
        snprintf(line, QEMU_SUMMARY_SIZE, "No errors were found on the image.");
}
