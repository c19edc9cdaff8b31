/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/contents.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/record_from_json.h"
#include "bugreport/unpack/untar.h"

#define MIB ((uint64_t)1 << 20)

/*
 * Tables inflate to at most so many times the size of their archive, which is that of tables full
 * of zero clusters in .tar.xz; and any archive may hold so much.
 */
#define MAX_RATIO   ((uint64_t)16384)
#define ALWAYS_FINE (64 * MIB)

/* Images of up to so many bytes of tables are kept in memory, which is quicker. */
#define ALWAYS_KEPT (8 * MIB)

/* What a member may be and must be. The largest of each: a report that lists a million findings,
 * the account of 64 TiB. */
static const struct {
    const char *name;
    bool needed;
    uint64_t most; /* bytes; 0: see check_image_size() */
} members[CONTENTS_MEMBERS] = {
    [MEMBER_README] = {"README.txt", true, 1 * MIB},
    [MEMBER_ISSUE] = {"ISSUE.md", false, 16 * MIB},
    [MEMBER_TEXT] = {"report.txt", true, 1024 * MIB},
    [MEMBER_JSON] = {"report.json", true, 1024 * MIB},
    [MEMBER_HTML] = {"report.html", false, 1024 * MIB},
    [MEMBER_IMAGE] = {"image.qed", false, 0},
    [MEMBER_MANIFEST] = {"manifest.json", true, 512 * MIB},
};

const char *contents_name(enum contents_member member)
{
    return members[member].name;
}

/* What to do with the image. */
struct plan {
    bool keep; /* in memory, whatever its size */
    struct audit_feed *feed;
};

/* Splits the path, and finds the member that it names at or after next. */
static int find_member(struct contents *contents, const char *path, int next, struct failure *why)
{
    const char *slash = strchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;

    if (length == 0 || length >= sizeof(contents->label) || path[0] == '.' || path[0] == '-')
        return failure_set(why, "%s: not in a folder as a bundle's members are", path);
    if (!contents->label[0])
        memcpy(contents->label, path, length);
    if (strncmp(contents->label, path, length) != 0 || contents->label[length])
        return failure_set(why, "%s: not in the folder %s", path, contents->label);
    for (int i = 0; i < CONTENTS_MEMBERS; i++) {
        if (strcmp(slash + 1, members[i].name) != 0)
            continue;
        if (i < next)
            return failure_set(why, "%s: there twice, or not in its place", path);
        return i;
    }
    return failure_set(why, "%s: no member of a bundle", path);
}

static int check_skipped(int from, int to, struct failure *why)
{
    for (int i = from; i < to; i++) {
        if (members[i].needed)
            return failure_set(why, "%s is missing", members[i].name);
    }
    return 0;
}

static int read_small(struct contents *contents, struct untar *untar, int member, uint64_t size,
                      struct failure *why)
{
    const unsigned char *bytes;
    size_t part, used = 0, capacity = 0;
    char *text = NULL;
    int more;

    if (size > members[member].most)
        return failure_set(why, "%s: %" PRIu64 " bytes are too many", members[member].name, size);
    while ((more = untar_data(untar, &bytes, &part, why)) > 0) {
        if (!text || used + part >= capacity) {
            capacity = 2 * (used + part);
            text = realloc(contents->members[member].bytes, capacity);
            if (!text)
                return failure_set_errno(why, ENOMEM, "cannot keep %s", members[member].name);
            contents->members[member].bytes = text;
        }
        memcpy(text + used, bytes, part);
        used += part;
    }
    if (more < 0)
        return -1;
    if (!text)
        return failure_set(why, "%s is empty", members[member].name);
    text[used] = '\0';
    contents->members[member].size = used;
    if (used != size)
        return failure_set(why, "%s has holes", members[member].name);
    return 0;
}

/* A small file must not make us ask for all memory. */
static int check_image_size(const struct untar *untar, const struct untar_member *member,
                            struct failure *why)
{
    uint64_t data = extents_total(&member->ranges), file = untar_file_size(untar);

    if (data <= ALWAYS_FINE || data / MAX_RATIO <= file)
        return 0;
    return failure_set(why, "%s: says that it holds %" PRIu64 " bytes of data, which is too much",
                       member->path, data);
}

/* What is large must be an image as far as it has come, or there is no end to it. */
static int read_image(struct contents *contents, struct untar *untar,
                      const struct untar_member *member, const struct plan *plan,
                      struct failure *why)
{
    const struct grammar *grammar = &contents->image.grammar;
    bool large = extents_total(&member->ranges) > ALWAYS_KEPT;
    bool keep = plan->keep || !large || !untar_may_replay(untar);
    const unsigned char *bytes;
    size_t size;
    int more;

    if (check_image_size(untar, member, why) ||
        image_store_init(&contents->image, member->size, &member->ranges, keep, why))
        return -1;
    image_store_feed(&contents->image, plan->feed);
    contents->image_position = untar_position(untar);
    while ((more = untar_data(untar, &bytes, &size, why)) > 0) {
        if (image_store_add(&contents->image, bytes, size, why))
            return -1;
        if (large && !grammar->holds)
            return failure_set(why, "image.qed at 0x%" PRIx64 ": %s", grammar->offence,
                               grammar->what);
    }
    return more < 0 ? -1 : image_store_end(&contents->image, why);
}

static int read_members(struct contents *contents, struct untar *untar, const struct plan *plan,
                        struct failure *why)
{
    const struct untar_member *member;
    int next = 0, more;

    while ((more = untar_next(untar, &member, why)) > 0) {
        int found = find_member(contents, member->path, next, why);

        if (found < 0 || check_skipped(next, found, why))
            return -1;
        if (found == MEMBER_IMAGE ? read_image(contents, untar, member, plan, why)
                                  : read_small(contents, untar, found, member->size, why))
            return -1;
        contents->members[found].present = true;
        contents->count++;
        next = found + 1;
    }
    return more < 0 ? -1 : check_skipped(next, CONTENTS_MEMBERS, why);
}

static bool must_replay(const struct contents *contents)
{
    return contents->image.capacity > 0 && !contents->image.bytes;
}

/* Reads it once. What is not kept but cannot be had again either is missing afterwards. */
static int read_once(struct contents *contents, int fd, unsigned jobs, const struct plan *plan,
                     struct failure *why)
{
    struct replay *replay = NULL;
    struct untar *untar;
    int result;

    *contents = (struct contents){0};
    if (untar_open(&untar, fd, jobs, why))
        return -1;
    result = read_members(contents, untar, plan, why);
    if (result == 0 && must_replay(contents))
        result = untar_replay(untar, &replay, why);
    image_store_replay(&contents->image, replay, contents->image_position);
    untar_close(untar);
    return result;
}

int contents_read(struct contents *contents, int fd, unsigned jobs, struct audit_feed *feed,
                  struct failure *why)
{
    struct plan plan = {.keep = false, .feed = feed};
    off_t begin = lseek(fd, 0, SEEK_CUR);

    if (read_once(contents, fd, jobs, &plan, why))
        return -1;
    if (!must_replay(contents) || contents->image.replay)
        return 0;
    /* It was compressed by another program, in pieces that depend on one another. */
    contents_free(contents);
    if (lseek(fd, begin, SEEK_SET) < 0)
        return failure_set_errno(why, errno, "cannot read the archive again");
    plan.keep = true;
    return read_once(contents, fd, jobs, &plan, why);
}

int contents_record(const struct contents *contents, struct record *record, struct failure *why)
{
    const char *bytes = contents->members[MEMBER_JSON].bytes;
    json_error_t error;
    json_t *object =
        json_loadb(bytes, contents->members[MEMBER_JSON].size, JSON_REJECT_DUPLICATES, &error);
    int result;

    *record = (struct record){0};
    if (!object)
        return failure_set(why, "report.json is not JSON: %s", QUOTE(error.text));
    result = record_from_json(record, object, why);
    json_decref(object);
    if (result)
        failure_prefix(why, "report.json");
    return result;
}

void contents_free(struct contents *contents)
{
    for (int i = 0; i < CONTENTS_MEMBERS; i++)
        free(contents->members[i].bytes);
    image_store_free(&contents->image);
    *contents = (struct contents){0};
}
