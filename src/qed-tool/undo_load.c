/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/quote.h"
#include "qed-tool/hex.h"
#include "qed-tool/undo.h"
#include "qed/format.h"

/* More than the undo file of the largest plan. */
#define MOST_FILE_BYTES ((off_t)1 << 28)

/*
 * Takes the size bytes at offset that begin with these digits over as one write, if they are what
 * this program writes.
 */
static int decode_write(struct undo *undo, uint64_t offset, size_t size, const char *old,
                        const char *new, struct failure *why)
{
    unsigned char before[PLAN_MOST_BYTES], after[PLAN_MOST_BYTES];
    bool good = hex_decode(old, size, before) && hex_decode(new, size, after);

    if (good && size == 1)
        good = offset == QED_AT_FEATURES && (before[0] ^ after[0]) == QED_F_NEED_CHECK;
    else if (good)
        good = offset % QED_ELEMENT_SIZE == 0 && offset >= QED_HEADER_SIZE &&
               memcmp(before, after, size) != 0;
    if (!good)
        return failure_set(why, "offset 0x%" PRIx64 ": not an element, nor the need-check bit",
                           offset);
    return plan_add(&undo->plan, offset, before, after, size, why);
}

/* Cuts an entry into elements. */
static int decode_entry(struct undo *undo, json_t *entry, struct failure *why)
{
    json_int_t offset;
    const char *old, *new;
    json_error_t error;
    size_t size, at = 0, unit;

    if (json_unpack_ex(entry, &error, JSON_STRICT, "{s:I, s:s, s:s}", "offset", &offset, "old",
                       &old, "new", &new))
        return failure_set(why, "an entry of \"writes\": %s", QUOTE(error.text));
    size = strlen(old) / 2;
    unit = size == 1 ? 1 : QED_ELEMENT_SIZE;
    if (offset < 0 || size == 0 || size % unit || strlen(old) != 2 * size ||
        strlen(new) != 2 * size)
        return failure_set(why, "an entry of \"writes\" whose offset, old and new do not fit");
    if (!range_inside((uint64_t)offset, size, undo->length))
        return failure_set(why, "offset 0x%" PRIx64 " is behind the end of the image",
                           (uint64_t)offset);
    for (; at < size; at += unit) {
        if (decode_write(undo, (uint64_t)offset + at, unit, old + 2 * at, new + 2 * at, why))
            return -1;
    }
    return 0;
}

/* Each entry lies behind the one before it, so that no two can meet. */
static int check_order(const struct undo *undo, struct failure *why)
{
    for (size_t i = 1; i < undo->plan.count; i++) {
        const struct plan_write *last = &undo->plan.writes[i - 1], *next = last + 1;

        if (next->offset < last->offset + last->size)
            return failure_set(why, "offset 0x%" PRIx64 ": entries are not in order, or overlap",
                               next->offset);
    }
    return 0;
}

static int decode_root(struct undo *undo, json_t *root, struct failure *why)
{
    json_int_t length, device, inode;
    const char *schema;
    json_error_t error;
    json_t *writes, *entry;
    size_t i;

    if (json_unpack_ex(root, &error, JSON_STRICT, "{s:s, s:{s:I, s:I, s:I}, s:o}", "schema",
                       &schema, "image", "length", &length, "device", &device, "inode", &inode,
                       "writes", &writes))
        return failure_set(why, "%s", QUOTE(error.text));
    if (strcmp(schema, "qed-tool-undo/1") != 0)
        return failure_set(why, "schema %s, not qed-tool-undo/1", QUOTE(schema));
    if (length < 0 || json_array_size(writes) == 0)
        return failure_set(why, "no writes, or a length below 0");
    undo->length = (uint64_t)length;
    undo->device = (uint64_t)device;
    undo->inode = (uint64_t)inode;
    json_array_foreach(writes, i, entry)
    {
        if (decode_entry(undo, entry, why))
            return -1;
    }
    return check_order(undo, why);
}

int undo_decode(struct undo *undo, const char *text, size_t size, struct failure *why)
{
    json_error_t error;
    json_t *root;
    int result;

    *undo = (struct undo){0};
    root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return failure_set(why, "line %d: %s", error.line, QUOTE(error.text));
    result = decode_root(undo, root, why);
    json_decref(root);
    return result;
}

static int read_all(int fd, char *text, size_t size, struct failure *why)
{
    size_t done = 0;

    while (done < size) {
        ssize_t part = read(fd, text + done, size - done);

        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return failure_set_errno(why, part ? errno : 0, "cannot read");
        done += (size_t)part;
    }
    return 0;
}

static int load_file(struct undo *undo, int fd, struct failure *why)
{
    struct stat stat;
    char *text;
    int result;

    if (fstat(fd, &stat))
        return failure_set_errno(why, errno, "cannot read");
    if (!S_ISREG(stat.st_mode) || stat.st_size > MOST_FILE_BYTES)
        return failure_set(why, "not a regular file, or too large");
    text = malloc((size_t)stat.st_size + 1);
    if (!text)
        return failure_set_errno(why, ENOMEM, "cannot read");
    result = read_all(fd, text, (size_t)stat.st_size, why);
    if (!result)
        result = undo_decode(undo, text, (size_t)stat.st_size, why);
    free(text);
    return result;
}

int undo_load(struct undo *undo, const char *path, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result;
    struct failure inner = {0};

    *undo = (struct undo){0};
    if (fd < 0)
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    result = load_file(undo, fd, &inner);
    close(fd);
    if (result)
        failure_set(why, "not an undo file that can be used: %s: %s", QUOTE(path), inner.text);
    return result;
}

void undo_free(struct undo *undo)
{
    plan_free(&undo->plan);
}
