/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/checked.h"

/*
 * libarchive wants the bytes of holes before data as well, but only counts them. They are "given"
 * from a mapping that nothing ever touches, as many at a time as it takes, or as the address space
 * has room for.
 */
#define MOST_HOLE  (((size_t)1 << 31) - ((size_t)1 << 16))
#define LEAST_HOLE ((size_t)1 << 16)

struct tarball {
    struct sink *sink;
    struct gzip *gzip; /* NULL: another filter, or none */
    struct archive *archive;
    const char *prefix;
    int64_t mtime;
    void *hole;
    size_t hole_size;
    const struct extents *ranges; /* of the sparse member under way */
    uint64_t position, filled;    /* in it */
    uint64_t hashed;              /* bytes of its data, by gzip */
    const unsigned char *room;    /* where the next data are to be, NULL: anywhere */
    const unsigned char *data;    /* what is being written of it, NULL: nothing */
    size_t data_size;
    struct sha256_ctx hash; /* of its data, unless gzip hashes them */
    struct failure failure; /* the first one of a callback, which libarchive would lose */
};

enum tarball_filter tarball_filter_of(const char *path)
{
    static const struct {
        const char *ending;
        enum tarball_filter filter;
    } endings[] = {{".tar", TARBALL_NONE},
                   {".tar.zst", TARBALL_ZSTD},
                   {".tzst", TARBALL_ZSTD},
                   {".tar.xz", TARBALL_XZ},
                   {".txz", TARBALL_XZ}};
    size_t length = strlen(path);

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t ending = strlen(endings[i].ending);

        if (length > ending && !strcmp(path + length - ending, endings[i].ending))
            return endings[i].filter;
    }
    return TARBALL_GZIP;
}

/* Bytes of another place would go over those that are there already. */
static int check_room(struct tarball *tarball, const void *bytes)
{
    if (!tarball->room || tarball->room == bytes)
        return 0;
    return failure_set(&tarball->failure, "libarchive writes data in another order than they came");
}

/* libarchive hands data on where they are, between lists and paddings of its own. */
static int pass_on(struct tarball *tarball, const unsigned char *bytes, size_t size)
{
    struct failure *why = &tarball->failure;
    bool is_data =
        tarball->data && bytes >= tarball->data && bytes < tarball->data + tarball->data_size;
    bool is_first = is_data && tarball->hashed == 0;

    if (check_room(tarball, bytes))
        return -1;
    tarball->hashed += is_data ? size : 0;
    if (!tarball->gzip)
        return sink_write(tarball->sink, bytes, size, why);
    if (is_first)
        gzip_end_block(tarball->gzip);
    return is_data ? gzip_write_hashed(tarball->gzip, bytes, size, why)
                   : gzip_write(tarball->gzip, bytes, size, why);
}

static la_ssize_t take_bytes(struct archive *archive, void *context, const void *bytes, size_t size)
{
    struct tarball *tarball = context;

    if (pass_on(tarball, bytes, size)) {
        archive_set_error(archive, tarball->failure.error, "%s", tarball->failure.text);
        return -1;
    }
    return (la_ssize_t)size;
}

/* Reports what went wrong in libarchive, or, if it only handed it on, in a callback. */
static int archive_failed(struct tarball *tarball, struct failure *why)
{
    const char *text = archive_error_string(tarball->archive);

    if (tarball->failure.text[0]) {
        *why = tarball->failure;
        return -1;
    }
    return failure_set(why, "cannot write the archive: %s", text ? text : "no reason given");
}

static int set_filter(struct tarball *tarball, const struct tarball_options *options,
                      struct failure *why)
{
    struct archive *archive = tarball->archive;
    int result = ARCHIVE_OK;

    if (options->filter == TARBALL_GZIP)
        return gzip_open(&tarball->gzip, tarball->sink, &options->gzip, why);
    if (options->filter == TARBALL_ZSTD)
        result = archive_write_add_filter_zstd(archive);
    if (options->filter == TARBALL_XZ)
        result = archive_write_add_filter_xz(archive);
    return result == ARCHIVE_OK ? 0 : archive_failed(tarball, why);
}

static int map_hole(struct tarball *tarball, struct failure *why)
{
    size_t size = MOST_HOLE;
    void *hole;

    do {
        hole = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    } while (hole == MAP_FAILED && (size /= 2) >= LEAST_HOLE);
    if (hole == MAP_FAILED)
        return failure_set_errno(why, errno, "cannot begin an archive");
    tarball->hole = hole;
    tarball->hole_size = size;
    return 0;
}

static int set_up(struct tarball *tarball, const struct tarball_options *options,
                  struct failure *why)
{
    if (map_hole(tarball, why))
        return -1;
    tarball->archive = archive_write_new();
    if (!tarball->archive)
        return failure_set_errno(why, ENOMEM, "cannot begin an archive");
    if (archive_write_set_format_pax(tarball->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_per_block(tarball->archive, 0) != ARCHIVE_OK)
        return archive_failed(tarball, why);
    if (set_filter(tarball, options, why))
        return -1;
    if (archive_write_open2(tarball->archive, tarball, NULL, take_bytes, NULL, NULL) != ARCHIVE_OK)
        return archive_failed(tarball, why);
    return 0;
}

int tarball_open(struct tarball **tarball, struct sink *sink, const struct tarball_options *options,
                 struct failure *why)
{
    struct tarball *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot begin an archive");
    opened->sink = sink;
    opened->prefix = options->prefix;
    opened->mtime = options->mtime;
    sha256_init(&opened->hash);
    if (set_up(opened, options, why)) {
        tarball_free(opened);
        return -1;
    }
    *tarball = opened;
    return 0;
}

static struct archive_entry *make_entry(const struct tarball *tarball, const char *name,
                                        uint64_t size)
{
    struct archive_entry *entry = archive_entry_new();
    char *path = NULL;

    if (!entry || asprintf(&path, "%s/%s", tarball->prefix, name) < 0) {
        archive_entry_free(entry);
        return NULL;
    }
    archive_entry_copy_pathname(entry, path);
    free(path);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, tarball->mtime, 0);
    return entry;
}

/* Writes the header of a member and frees the entry. */
static int write_header(struct tarball *tarball, struct archive_entry *entry, struct failure *why)
{
    int result = archive_write_header(tarball->archive, entry);

    archive_entry_free(entry);
    return result == ARCHIVE_OK ? 0 : archive_failed(tarball, why);
}

static int write_all(struct tarball *tarball, const void *bytes, size_t size, struct failure *why)
{
    const char *at = bytes;

    while (size > 0) {
        la_ssize_t written = archive_write_data(tarball->archive, at, size);

        if (written <= 0)
            return archive_failed(tarball, why);
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

static int finish_member(struct tarball *tarball, struct failure *why)
{
    if (archive_write_finish_entry(tarball->archive) != ARCHIVE_OK)
        return archive_failed(tarball, why);
    return 0;
}

int tarball_add(struct tarball *tarball, const char *name, const void *bytes, size_t size,
                struct failure *why)
{
    struct archive_entry *entry = make_entry(tarball, name, size);

    if (!entry)
        return failure_set_errno(why, ENOMEM, "cannot add %s to the archive", name);
    if (write_header(tarball, entry, why) || write_all(tarball, bytes, size, why))
        return -1;
    return finish_member(tarball, why);
}

/* libarchive counts none where one range covers everything, and says nothing of those it drops. */
static bool took_all_ranges(struct archive_entry *entry, uint64_t size,
                            const struct extents *ranges)
{
    size_t taken = (size_t)archive_entry_sparse_count(entry);
    bool covered = ranges->count == 1 && ranges->list[0].size == size;

    return covered ? taken == 0 : taken == ranges->count;
}

int tarball_begin_sparse(struct tarball *tarball, const char *name, uint64_t size,
                         const struct extents *ranges, struct failure *why)
{
    struct archive_entry *entry = make_entry(tarball, name, size);

    if (!entry)
        return failure_set_errno(why, ENOMEM, "cannot add %s to the archive", name);
    for (size_t i = 0; i < ranges->count; i++)
        archive_entry_sparse_add_entry(entry, (la_int64_t)ranges->list[i].offset,
                                       (la_int64_t)ranges->list[i].size);
    if (!took_all_ranges(entry, size, ranges)) {
        archive_entry_free(entry);
        return failure_set(why, "libarchive did not take the %zu ranges of %s", ranges->count,
                           name);
    }
    tarball->position = tarball->filled = tarball->hashed = 0;
    tarball->ranges = ranges;
    return write_header(tarball, entry, why);
}

static int skip_hole(struct tarball *tarball, uint64_t until, struct failure *why)
{
    while (tarball->position < until) {
        uint64_t left = until - tarball->position;
        size_t part = left < tarball->hole_size ? (size_t)left : tarball->hole_size;

        if (write_all(tarball, tarball->hole, part, why))
            return -1;
        tarball->position += part;
    }
    return 0;
}

/* Data outside of the ranges would be dropped without a word. */
static bool is_in_a_range(const struct extents *ranges, uint64_t offset, size_t size)
{
    size_t i = extents_find(ranges, offset);
    const struct extent *range = &ranges->list[i];

    return i < ranges->count && offset >= range->offset &&
           range_inside(offset - range->offset, size, range->size);
}

int tarball_room(struct tarball *tarball, unsigned char **room, size_t *size, struct failure *why)
{
    *room = NULL;
    /* Before the first data libarchive writes the list of ranges. */
    if (!tarball->gzip || tarball->filled == 0)
        return 0;
    tarball->room = *room = gzip_room(tarball->gzip, size, why);
    return *room ? 0 : -1;
}

int tarball_data(struct tarball *tarball, uint64_t offset, const void *bytes, size_t size,
                 struct failure *why)
{
    if (offset < tarball->position || !is_in_a_range(tarball->ranges, offset, size))
        return failure_set(why, "offset 0x%" PRIx64 " does not follow in the archive", offset);
    if (skip_hole(tarball, offset, why))
        return -1;
    tarball->data = bytes;
    tarball->data_size = size;
    if (write_all(tarball, bytes, size, why))
        return -1;
    if (!tarball->gzip)
        sha256_update(&tarball->hash, size, bytes);
    tarball->room = tarball->data = NULL;
    tarball->position += size;
    tarball->filled += size;
    return 0;
}

int tarball_end_sparse(struct tarball *tarball, char hex[SINK_HEX_SIZE], struct failure *why)
{
    if (tarball->filled != extents_total(tarball->ranges))
        return failure_set(why, "data are missing in a sparse member of the archive");
    if (finish_member(tarball, why))
        return -1;
    if (!tarball->gzip) {
        sink_hex(&tarball->hash, hex);
        return 0;
    }
    if (tarball->hashed != tarball->filled)
        return failure_set(why, "libarchive handed data on from a place of its own");
    if (gzip_digest(tarball->gzip, hex, why))
        return -1;
    gzip_end_block(tarball->gzip);
    return 0;
}

int tarball_finish(struct tarball *tarball, struct failure *why)
{
    if (archive_write_close(tarball->archive) != ARCHIVE_OK)
        return archive_failed(tarball, why);
    return tarball->gzip ? gzip_finish(tarball->gzip, why) : 0;
}

void tarball_free(struct tarball *tarball)
{
    if (!tarball)
        return;
    if (tarball->archive) {
        /* A failed archive must not try to write its end. */
        archive_write_fail(tarball->archive);
        archive_write_free(tarball->archive);
    }
    gzip_free(tarball->gzip);
    if (tarball->hole)
        munmap(tarball->hole, tarball->hole_size);
    free(tarball);
}

const char *tarball_library(void)
{
    return archive_version_details();
}
