/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "bugreport/unpack/stream_kinds.h"

/*
 * zstd and xz, inflated by libarchive, of which nothing else is used for reading: one filter, and
 * no format at all.
 */
struct filter {
    struct archive *archive;
    struct stream_file *file;
    struct failure failure; /* of a callback, which libarchive would lose */
};

static la_ssize_t give_bytes(struct archive *archive, void *context, const void **bytes)
{
    struct filter *filter = context;
    const unsigned char *from = NULL;
    size_t size = 0;

    if (stream_file_read(filter->file, &from, &size, &filter->failure) < 0) {
        archive_set_error(archive, filter->failure.error, "%s", filter->failure.text);
        return -1;
    }
    *bytes = from;
    return (la_ssize_t)size;
}

static int filter_failed(struct filter *filter, struct failure *why)
{
    const char *text = archive_error_string(filter->archive);

    if (filter->failure.text[0]) {
        *why = filter->failure;
        return -1;
    }
    return failure_set(why, "the compressed data are damaged: %s", text ? text : "no reason given");
}

static void filter_close(void *state)
{
    struct filter *filter = state;

    archive_read_free(filter->archive);
    free(filter);
}

static int filter_open(void **state, struct stream_file *file, int (*support)(struct archive *),
                       struct failure *why)
{
    struct filter *filter = calloc(1, sizeof(*filter));
    struct archive_entry *entry;

    if (!filter)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    filter->file = file;
    filter->archive = archive_read_new();
    if (!filter->archive) {
        free(filter);
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    }
    /* A libarchive without the filter would run a program instead, and says ARCHIVE_WARN. */
    if (support(filter->archive) != ARCHIVE_OK ||
        archive_read_support_format_raw(filter->archive) != ARCHIVE_OK ||
        archive_read_open(filter->archive, filter, NULL, give_bytes, NULL) != ARCHIVE_OK ||
        archive_read_next_header(filter->archive, &entry) != ARCHIVE_OK) {
        filter_failed(filter, why);
        filter_close(filter);
        return -1;
    }
    *state = filter;
    return 0;
}

static int filter_next(void *state, const unsigned char **bytes, size_t *size, struct failure *why)
{
    struct filter *filter = state;
    const void *from;
    la_int64_t offset;
    int result;

    do
        result = archive_read_data_block(filter->archive, &from, size, &offset);
    while (result == ARCHIVE_OK && *size == 0);
    if (result == ARCHIVE_EOF)
        return 0;
    *bytes = from;
    return result == ARCHIVE_OK ? 1 : filter_failed(filter, why);
}

static int zstd_open(void **state, struct stream_file *file, struct failure *why)
{
    return filter_open(state, file, archive_read_support_filter_zstd, why);
}

static int xz_open(void **state, struct stream_file *file, struct failure *why)
{
    return filter_open(state, file, archive_read_support_filter_xz, why);
}

const struct stream_kind stream_zstd = {zstd_open, filter_next, filter_close, NULL};
const struct stream_kind stream_xz = {xz_open, filter_next, filter_close, NULL};
