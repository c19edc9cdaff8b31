/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/untar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "bugreport/unpack/tar_header.h"

#define MAX_ATTRIBUTES ((size_t)4096)      /* bytes; a bundle needs 300 */
#define MAX_RANGES     (UINT64_C(1) << 22) /* 64 TiB of tables in alternate grains */
#define MAX_END_BLOCKS 20                  /* zeros behind the last member: tar's usual record */

/* Data begin on multiples of this, and end there or at the end of the file. */
#define RANGE_UNIT 512

struct untar {
    struct stream *stream;
    const unsigned char *bytes; /* of the stream, in hand */
    size_t size;
    uint64_t position; /* in the stream, of the bytes in hand */
    uint64_t left;     /* stored bytes of the member that are still to come */
    size_t padding;    /* behind them */
    struct untar_member member;
};

int untar_open(struct untar **untar, int fd, unsigned jobs, struct failure *why)
{
    struct untar *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot read an archive");
    if (stream_open(&opened->stream, fd, jobs, why)) {
        free(opened);
        return -1;
    }
    *untar = opened;
    return 0;
}

void untar_close(struct untar *untar)
{
    if (!untar)
        return;
    stream_close(untar->stream);
    extents_free(&untar->member.ranges);
    free(untar);
}

uint64_t untar_file_size(const struct untar *untar)
{
    return stream_file_size(untar->stream);
}

uint64_t untar_position(const struct untar *untar)
{
    return untar->position;
}

bool untar_may_replay(const struct untar *untar)
{
    return stream_may_replay(untar->stream);
}

int untar_replay(struct untar *untar, struct replay **replay, struct failure *why)
{
    return stream_replay(untar->stream, replay, why);
}

/* Gets bytes in hand: 1, or 0 at the end, -1 failed. */
static int fill(struct untar *untar, struct failure *why)
{
    return untar->size > 0 ? 1 : stream_next(untar->stream, &untar->bytes, &untar->size, why);
}

static void pass(struct untar *untar, size_t size)
{
    untar->bytes += size;
    untar->size -= size;
    untar->position += size;
}

static int ends_early(const struct untar *untar, struct failure *why)
{
    return failure_set(why, "the archive ends too early, at 0x%" PRIx64 " of its contents",
                       untar->position);
}

/* Copies the next size bytes. 1, or 0 if the archive ends before the first, -1 failed. */
static int take(struct untar *untar, void *to, size_t size, struct failure *why)
{
    size_t taken = 0;

    while (taken < size) {
        int more = fill(untar, why);
        size_t part = untar->size < size - taken ? untar->size : size - taken;

        if (more < 0)
            return -1;
        if (more == 0)
            return taken ? ends_early(untar, why) : 0;
        memcpy((char *)to + taken, untar->bytes, part);
        pass(untar, part);
        taken += part;
    }
    return 1;
}

static bool is_zero_block(const unsigned char block[TAR_BLOCK])
{
    static const unsigned char zeros[TAR_BLOCK];

    return !memcmp(block, zeros, TAR_BLOCK);
}

/* Passes over the zeros that fill up the last block of a member. */
static int take_padding(struct untar *untar, size_t size, struct failure *why)
{
    unsigned char block[TAR_BLOCK] = {0};
    int more = take(untar, block, size, why);

    if (more < 0)
        return -1;
    if (more == 0 && size > 0)
        return ends_early(untar, why);
    if (!is_zero_block(block))
        return failure_set(why, "something stands behind %s, in the padding before 0x%" PRIx64,
                           untar->member.path, untar->position);
    return 0;
}

static size_t padding_of(uint64_t size)
{
    return (size_t)(-size % TAR_BLOCK);
}

/* The archive ends in two blocks of zeros; more may follow, but nothing else. */
static int take_end(struct untar *untar, struct failure *why)
{
    unsigned char block[TAR_BLOCK];
    unsigned blocks = 1;
    int more;

    while ((more = take(untar, block, sizeof(block), why)) > 0) {
        if (!is_zero_block(block) || ++blocks > MAX_END_BLOCKS)
            return failure_set(why, "something stands behind the end of the archive, at 0x%" PRIx64,
                               untar->position - TAR_BLOCK);
    }
    if (more == 0 && blocks < 2)
        return ends_early(untar, why);
    return more;
}

static int take_attributes(struct untar *untar, uint64_t size, struct tar_attributes *attributes,
                           struct failure *why)
{
    char text[MAX_ATTRIBUTES];
    int more;

    if (size == 0 || size > sizeof(text))
        return failure_set(why, "a member has %" PRIu64 " bytes of attributes", size);
    more = take(untar, text, (size_t)size, why);
    if (more <= 0)
        return more < 0 ? -1 : ends_early(untar, why);
    if (take_padding(untar, padding_of(size), why))
        return -1;
    return tar_attributes_decode(text, (size_t)size, attributes, why);
}

/* One line of the map of a sparse member: a number. */
static int take_number(struct untar *untar, uint64_t *number, struct failure *why)
{
    char text[20];
    size_t length = 0;

    for (;;) {
        if (untar->left == 0)
            return failure_set(why, "the map of %s is cut", untar->member.path);
        if (take(untar, text + length, 1, why) <= 0)
            return ends_early(untar, why);
        untar->left--;
        if (text[length] == '\n')
            break;
        if (++length == sizeof(text))
            break;
    }
    if (!tar_number(text, length, number))
        return failure_set(why, "the map of %s holds what is no number, before 0x%" PRIx64,
                           untar->member.path, untar->position);
    return 0;
}

/* An entry of the map. One without data stands for the end of the file. */
static int take_range(struct untar *untar, uint64_t *end, struct failure *why)
{
    struct untar_member *member = &untar->member;
    uint64_t offset = 0, size = 0;

    if (take_number(untar, &offset, why) || take_number(untar, &size, why))
        return -1;
    if (!range_inside(offset, size, member->size))
        return failure_set(why, "the map of %s leaves the file: %" PRIu64 " bytes at 0x%" PRIx64,
                           member->path, size, offset);
    if (offset < *end)
        return failure_set(why, "the map of %s is not in order at 0x%" PRIx64, member->path,
                           offset);
    *end = offset + size;
    if (size == 0 ? offset != member->size
                  : offset % RANGE_UNIT || (*end % RANGE_UNIT && *end != member->size))
        return failure_set(why, "the map of %s has an odd range of %" PRIu64 " bytes at 0x%" PRIx64,
                           member->path, size, offset);
    return extents_add(&member->ranges, offset, size, why);
}

/* The map stands in front of the data of a sparse member, and fills whole blocks. */
static int take_map(struct untar *untar, struct failure *why)
{
    uint64_t stored = untar->left, count = 0, end = 0;
    size_t padding;

    if (take_number(untar, &count, why))
        return -1;
    if (count > MAX_RANGES)
        return failure_set(why, "the map of %s has %" PRIu64 " ranges", untar->member.path, count);
    for (uint64_t i = 0; i < count; i++) {
        if (take_range(untar, &end, why))
            return -1;
    }
    padding = padding_of(stored - untar->left);
    if (padding > untar->left)
        return failure_set(why, "the map of %s is cut", untar->member.path);
    if (take_padding(untar, padding, why))
        return -1;
    untar->left -= padding;
    if (untar->left != extents_total(&untar->member.ranges))
        return failure_set(why, "%s: its map tells of %" PRIu64 " bytes, %" PRIu64 " are there",
                           untar->member.path, extents_total(&untar->member.ranges), untar->left);
    return 0;
}

/*
 * The headers of one member bear its name in a folder of their own: FOLDER/PaxHeader/NAME,
 * FOLDER/GNUSparseFile.0/NAME. So they tell nothing but that.
 */
static bool names_agree(const char *helper, const char *path)
{
    static const char *const folders[] = {"PaxHeader/", "GNUSparseFile.0/"};
    const char *slash = strrchr(path, '/'), *last = strrchr(helper, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;

    if (!strcmp(helper, path))
        return true;
    if (!folder || !last || strcmp(last, slash) != 0 || strncmp(helper, path, folder) != 0)
        return false;
    helper += folder;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (strlen(folders[i]) == (size_t)(last + 1 - helper) &&
            !strncmp(helper, folders[i], strlen(folders[i])))
            return true;
    }
    return false;
}

static int begin_member(struct untar *untar, const struct tar_header *header,
                        const struct tar_attributes *attributes, struct failure *why)
{
    struct untar_member *member = &untar->member;
    uint64_t stored = attributes->has_size ? attributes->size : header->size;

    extents_free(&member->ranges);
    memcpy(member->path, attributes->path[0] ? attributes->path : header->path,
           sizeof(member->path));
    if (!names_agree(header->path, member->path))
        return failure_set(why, "%s: its header calls it %s", member->path, header->path);
    if (stored > INT64_MAX)
        return failure_set(why, "%s: its header does not tell its size", member->path);
    member->size = attributes->sparse ? attributes->real_size : stored;
    untar->left = stored;
    untar->padding = padding_of(stored);
    if (attributes->sparse)
        return take_map(untar, why);
    return extents_add(&member->ranges, 0, stored, why);
}

/* Reads a header block: 1, or 0 at the end of the archive, -1 failed. */
static int take_header(struct untar *untar, struct tar_header *header, struct failure *why)
{
    unsigned char block[TAR_BLOCK];
    int more = take(untar, block, sizeof(block), why);

    if (more < 0)
        return -1;
    if (more == 0)
        return ends_early(untar, why);
    if (is_zero_block(block))
        return take_end(untar, why);
    return tar_header_decode(block, header, why) ? -1 : 1;
}

int untar_next(struct untar *untar, const struct untar_member **member, struct failure *why)
{
    struct tar_attributes attributes = {0};
    struct tar_header header = {0};
    char helper[UNTAR_MAX_PATH] = "";
    int more;

    if (untar->left > 0)
        return failure_set(why, "%s was not read to its end", untar->member.path);
    if (take_padding(untar, untar->padding, why))
        return -1;
    untar->padding = 0;
    more = take_header(untar, &header, why);
    if (more <= 0)
        return more;
    if (header.type == 'x') {
        if (take_attributes(untar, header.size, &attributes, why))
            return -1;
        memcpy(helper, header.path, sizeof(helper));
        more = take_header(untar, &header, why);
        if (more < 0)
            return -1;
        if (more == 0 || header.type == 'x')
            return failure_set(why, "attributes of no member, before 0x%" PRIx64, untar->position);
    }
    if (begin_member(untar, &header, &attributes, why))
        return -1;
    if (helper[0] && !names_agree(helper, untar->member.path))
        return failure_set(why, "%s: its attributes are those of %s", untar->member.path, helper);
    *member = &untar->member;
    return 1;
}

int untar_data(struct untar *untar, const unsigned char **bytes, size_t *size, struct failure *why)
{
    int more;

    if (untar->left == 0)
        return 0;
    more = fill(untar, why);
    if (more <= 0)
        return more < 0 ? -1 : ends_early(untar, why);
    *bytes = untar->bytes;
    *size = untar->size < untar->left ? untar->size : (size_t)untar->left;
    untar->left -= *size;
    pass(untar, *size);
    return 1;
}
