/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/image.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/crew.h"
#include "base/quote.h"
#include "qedscrub/status.h"

#define DISK_BLOCK 512 /* the unit of st_blocks */

static int refuse_not_qed(const struct image *image, struct failure *why)
{
    uint64_t size = map_source(image->map)->size;

    if (size < QED_HEADER_SIZE)
        failure_set(why,
                    "not a QED image: %" PRIu64 " bytes, a header takes %d; give -f qed to "
                    "report on it all the same",
                    size, QED_HEADER_SIZE);
    else
        failure_set(why, "not a QED image: no magic at offset 0x0; give -f qed to report on it all "
                         "the same");
    return STATUS_NOT_QED;
}

static bool is_qed(const struct audit *audit)
{
    return !header_has(audit->header_faults, HEADER_SHORT) &&
           !header_has(audit->header_faults, HEADER_MAGIC);
}

/* Refuses an image in use, unless the user accepts that. */
static int check_use(struct image *image, const struct options *options, struct failure *why)
{
    int in_use = map_in_use(image->map);

    if (in_use < 0 && !options->quiet)
        fprintf(stderr, "qedscrub: note: %s: cannot tell whether it is in use: %s\n",
                QUOTE(image->path), strerror(errno));
    image->in_use = in_use > 0;
    if (!image->in_use || options->force_share)
        return STATUS_OK;
    failure_set(why,
                "%s: is in use, perhaps by a virtual machine; stop that, or give -U to read it all "
                "the same",
                QUOTE(image->path));
    return STATUS_FAILED;
}

int image_open(struct image *image, const char *path, const struct options *options,
               struct failure *why)
{
    *image = (struct image){.path = path, .jobs = crew_size(options->jobs)};
    return map_open(&image->map, path, why) ? STATUS_FAILED : check_use(image, options, why);
}

int image_open_file(struct image *image, int fd, const char *path, const struct options *options,
                    struct failure *why)
{
    *image = (struct image){.path = path, .jobs = crew_size(options->jobs)};
    return map_adopt(&image->map, fd, path, why) ? STATUS_FAILED : check_use(image, options, why);
}

int image_adopt(struct image *image, int fd, bool in_use, struct failure *why)
{
    *image = (struct image){.in_use = in_use, .jobs = 1};
    return map_adopt(&image->map, fd, "image", why) ? STATUS_FAILED : STATUS_OK;
}

/* Times are coarse, and a writer that maps the file sets them late: the dirty flag tells more. */
bool image_changed(struct image *image)
{
    struct failure ignored = {0};
    struct header now;

    return map_changed(image->map) || header_read(map_source(image->map), &now, &ignored) ||
           now.features != image->audit.header.features;
}

static int note_change(struct image *image, struct failure *why)
{
    struct finding finding = finding_make(FINDING_CHANGED);

    return image_changed(image) ? findings_add(&image->audit.findings, &finding, why) : 0;
}

int image_audit(struct image *image, const struct options *options, struct failure *why)
{
    struct audit_options audit_options = {
        .keep = options->max_findings,
        .in_use = image->in_use,
        .atlas = image->atlas,
        .jobs = image->jobs,
        .meter = image->meter,
    };
    int status = STATUS_OK;

    if (audit_run(&image->audit, map_source(image->map), &audit_options, why) ||
        note_change(image, why))
        status = STATUS_FAILED;
    else if (!options->assume_qed && !is_qed(&image->audit))
        status = refuse_not_qed(image, why);
    if (status != STATUS_OK && image->path)
        failure_prefix(why, image->path);
    return status;
}

int image_record(struct image *image, const char *filename, struct record *record,
                 struct failure *why)
{
    char name[HEADER_MAX_NAME + 1];
    int length;

    if (record_make(record, &image->audit, filename, why))
        return -1;
    record->actual_size = (uint64_t)map_stat(image->map)->st_blocks * DISK_BLOCK;
    record->host_extents = map_host_extents(image->map);
    length = header_backing_name(&image->audit.header, map_source(image->map), name, why);
    if (length < 0)
        return -1;
    return length > 0 ? record_set_backing_name(record, name, why) : 0;
}

void image_close(struct image *image)
{
    audit_free(&image->audit);
    map_close(image->map);
}
