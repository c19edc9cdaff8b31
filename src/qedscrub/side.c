/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/fleet_read.h"
#include "qedscrub/archive.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"

#define SNIFF_SIZE 263
#define USTAR_AT   257

/* The beginnings of what is not an image. */
static const struct {
    size_t at;
    const char *bytes;
    enum side_kind kind;
} beginnings[] = {{0, "\x1f\x8b", SIDE_BUNDLE},
                  {0, "\x28\xb5\x2f\xfd", SIDE_BUNDLE},
                  {0,
                   "\xfd"
                   "7zXZ",
                   SIDE_BUNDLE},
                  {USTAR_AT, "ustar", SIDE_BUNDLE},
                  {0, "{", SIDE_RECORDS}};

/* Whatever begins like nothing else is taken for an image, and refused as such. */
static enum side_kind kind_of(int fd)
{
    char bytes[SNIFF_SIZE] = {0};
    size_t got = 0;
    ssize_t size;

    while (got < sizeof(bytes) &&
           (size = pread(fd, bytes + got, sizeof(bytes) - got, (off_t)got)) > 0)
        got += (size_t)size;
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        if (!memcmp(bytes + beginnings[i].at, beginnings[i].bytes, strlen(beginnings[i].bytes)))
            return beginnings[i].kind;
    }
    return SIDE_IMAGE;
}

static int open_records(struct side *side, struct failure *why)
{
    side->file = fdopen(side->fd, "r");
    if (!side->file) {
        failure_set_errno(why, errno, "%s: cannot be read", QUOTE(side->path));
        return STATUS_FAILED;
    }
    side->fd = -1;
    return STATUS_OK;
}

int side_open(struct side *side, const char *path, const struct options *options,
              struct failure *why)
{
    *side = (struct side){.path = path, .fd = archive_open(path, why)};
    fleet_init(&side->fleet);
    if (side->fd < 0)
        return STATUS_FAILED;
    side->kind = options->assume_qed ? SIDE_IMAGE : kind_of(side->fd);
    if (side->kind == SIDE_BUNDLE)
        return STATUS_OK;
    if (side->kind == SIDE_RECORDS)
        return open_records(side, why);
    close(side->fd);
    side->fd = -1;
    return image_open(&side->image, path, options, why);
}

void side_watch(struct side *side, const char *phase, const struct options *options)
{
    if (side->kind != SIDE_BUNDLE)
        return;
    side->reading = phase;
    progress_watch_later(options->progress, phase, side->fd);
}

static int load_image(struct side *side, const struct options *options, struct failure *why)
{
    int status;

    side->image.meter = progress_meter(options->progress);
    status = image_audit(&side->image, options, why);
    if (status != STATUS_OK)
        return status;
    side->current = &side->record;
    return image_record(&side->image, side->path, &side->record, why) ? STATUS_FAILED : STATUS_OK;
}

static int compare_offsets(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

static int list_suspects(struct side *side, struct failure *why)
{
    const struct record_copy *copy = &side->record.copy;

    side->suspect = calloc(copy->suspect_count + 1, sizeof(*side->suspect));
    if (!side->suspect)
        return failure_set_errno(why, ENOMEM, "cannot compare tables");
    for (; side->suspect_count < copy->suspect_count; side->suspect_count++)
        side->suspect[side->suspect_count] = copy->suspects[side->suspect_count].table.offset;
    qsort(side->suspect, side->suspect_count, sizeof(*side->suspect), compare_offsets);
    return 0;
}

static int load_bundle(struct side *side, const struct options *options, struct failure *why)
{
    struct meter *meter = progress_meter(options->progress);
    struct audit_options audit_options = {.keep = options->max_findings, .meter = meter};
    struct stat file;

    side->current = &side->record;
    if (side->reading && !fstat(side->fd, &file))
        meter_begin(meter, side->reading, (uint64_t)file.st_size, true);
    if (contents_read(&side->contents, side->fd, options->jobs, NULL, why) ||
        contents_record(&side->contents, &side->record, why) || list_suspects(side, why))
        return -1;
    if (!side->contents.members[MEMBER_IMAGE].present)
        return 0;
    return audit_run(&side->audit, &side->contents.image.source, &audit_options, why);
}

static int load_records(struct side *side, struct failure *why)
{
    struct fleet_source source = {0};

    if (fleet_read(&side->fleet, side->file, &source, why))
        return -1;
    if (source.cut)
        return failure_set(why, "was cut, or not all of it is there");
    if (fleet_finish(&side->fleet, why))
        return -1;
    if (side->fleet.count == 1 && side->fleet.entries[0].status == ENTRY_OK)
        side->current = &side->fleet.entries[0].record;
    return 0;
}

int side_load(struct side *side, const struct options *options, struct failure *why)
{
    int result;

    if (side->kind == SIDE_IMAGE)
        return load_image(side, options, why);
    result = side->kind == SIDE_BUNDLE ? load_bundle(side, options, why) : load_records(side, why);
    if (!result)
        return STATUS_OK;
    failure_prefix(why, side->path);
    return STATUS_FAILED;
}

static bool has_suspect_l1(const struct record_copy *copy)
{
    size_t i = 0;

    while (i < copy->suspect_count && copy->suspects[i].table.level != TABLE_L1)
        i++;
    return i < copy->suspect_count;
}

bool side_tables(struct side *side, struct changes_side *tables, const char **what)
{
    *tables = (struct changes_side){
        .source =
            side->kind == SIDE_IMAGE ? map_source(side->image.map) : &side->contents.image.source,
        .audit = side->kind == SIDE_IMAGE ? &side->image.audit : &side->audit,
        .redacted = side->kind == SIDE_BUNDLE,
        .suspect = side->suspect,
        .suspect_count = side->suspect_count,
    };
    if (side->kind == SIDE_RECORDS)
        *what = "records do not hold them";
    else if (side->kind == SIDE_BUNDLE && !side->contents.members[MEMBER_IMAGE].present)
        *what = "a bundle holds reports only";
    else if (has_suspect_l1(&side->record.copy))
        *what = "the L1 table in a bundle holds stand-ins";
    else
        return true;
    return false;
}

void side_unload(struct side *side)
{
    record_free(&side->record);
    fleet_free(&side->fleet);
    audit_free(&side->audit);
    contents_free(&side->contents);
    free(side->suspect);
}

void side_close(struct side *side)
{
    if (side->kind == SIDE_IMAGE && side->image.map)
        image_close(&side->image);
    if (side->file)
        fclose(side->file);
    if (side->fd >= 0)
        close(side->fd);
}
