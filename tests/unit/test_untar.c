/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "bugreport/pack/tarball.h"
#include "bugreport/unpack/untar.h"
#include "tests/unit/catch.h"
#include "tests/unit/memory_file.h"

#define BLOCK ((size_t)512)

static const struct extent ranges_of_image[] = {{0, 512}, {65536, 4096}, {1 << 20, 700}};
#define IMAGE_SIZE ((uint64_t)(1 << 20) + 700)

static unsigned char byte_of(uint64_t at)
{
    return (unsigned char)(at * 7 + at / 512);
}

/* An archive of a text and a sparse member, as pack writes it. */
static unsigned char *make_archive(enum tarball_filter filter, int64_t time, size_t *size)
{
    const struct extents ranges = {(struct extent *)(uintptr_t)ranges_of_image, 3, 3};
    unsigned char bytes[4096];
    struct catch catch;
    struct tarball *tarball;
    struct tarball_options options = {.filter = filter, .prefix = "label", .mtime = time};
    char hex[SINK_HEX_SIZE];
    struct failure why = {0};

    catch_begin(&catch);
    EXPECT_OK(tarball_open(&tarball, &catch.sink, &options, &why), &why);
    EXPECT_OK(tarball_add(tarball, "text", "hello\n", 6, &why), &why);
    EXPECT_OK(tarball_begin_sparse(tarball, "image", IMAGE_SIZE, &ranges, &why), &why);
    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 0; n < ranges.list[i].size; n++)
            bytes[n] = byte_of(ranges.list[i].offset + n);
        EXPECT_OK(tarball_data(tarball, ranges.list[i].offset, bytes, ranges.list[i].size, &why),
                  &why);
    }
    EXPECT_OK(tarball_end_sparse(tarball, hex, &why), &why);
    EXPECT_OK(tarball_finish(tarball, &why), &why);
    tarball_free(tarball);
    return catch_end(&catch, size);
}

/* What was read: all of it, as text. */
struct reading {
    char text[8192];
    size_t used;
};

static int read_member(struct reading *reading, struct untar *untar,
                       const struct untar_member *member, struct failure *why)
{
    const unsigned char *bytes;
    size_t size;
    int more;

    reading->used +=
        (size_t)snprintf(reading->text + reading->used, sizeof(reading->text) - reading->used,
                         "%s %ju:", member->path, (uintmax_t)member->size);
    for (size_t i = 0; i < member->ranges.count; i++)
        reading->used += (size_t)snprintf(
            reading->text + reading->used, sizeof(reading->text) - reading->used, " %ju+%ju",
            (uintmax_t)member->ranges.list[i].offset, (uintmax_t)member->ranges.list[i].size);
    while ((more = untar_data(untar, &bytes, &size, why)) > 0) {
        if (size > sizeof(reading->text) - reading->used)
            return failure_set(why, "the test has no room");
        memcpy(reading->text + reading->used, bytes, size);
        reading->used += size;
    }
    return more;
}

static int read_all(struct reading *reading, const unsigned char *bytes, size_t size,
                    struct failure *why)
{
    int fd = memory_file(bytes, size), more = -1;
    const struct untar_member *member;
    struct untar *untar = NULL;

    memset(reading, 0, sizeof(*reading));
    if (!untar_open(&untar, fd, 2, why)) {
        while ((more = untar_next(untar, &member, why)) > 0) {
            if (read_member(reading, untar, member, why)) {
                more = -1;
                break;
            }
        }
    }
    untar_close(untar);
    close(fd);
    return more;
}

static void members_come_back(void **state)
{
    static const int64_t times[] = {0, 1234567890, 99999999999};
    static const char begin[] = "label/text 6: 0+6hello\nlabel/image 1049276: 0+512 65536+4096 "
                                "1048576+700";

    (void)state;
    for (size_t i = 0; i < 4 * COUNT_OF(times); i++) {
        size_t size, at = strlen(begin);
        unsigned char *bytes = make_archive((enum tarball_filter)(i % 4), times[i / 4], &size);
        struct failure why = {0};
        struct reading reading;

        EXPECT_OK(read_all(&reading, bytes, size, &why), &why);
        assert_int_equal(reading.used, strlen(begin) + 512 + 4096 + 700);
        assert_memory_equal(reading.text, begin, strlen(begin));
        for (size_t range = 0; range < 3; range++) {
            for (size_t n = 0; n < ranges_of_image[range].size; n++)
                assert_int_equal((unsigned char)reading.text[at++],
                                 byte_of(ranges_of_image[range].offset + n));
        }
        free(bytes);
    }
}

/* Cut anywhere, or with anything behind: never taken for whole. */
static void ends(void **state)
{
    (void)state;
    for (int filter = TARBALL_NONE; filter <= TARBALL_XZ; filter++) {
        size_t size;
        unsigned char *bytes = make_archive((enum tarball_filter)filter, 0, &size);
        unsigned char *longer = malloc(size + 1);
        struct failure why = {0};
        struct reading reading;

        for (size_t cut = 0; cut < size; cut += cut < size - 700 ? 97 : 1)
            EXPECT_FAILURE(read_all(&reading, bytes, cut, &why), &why, "");
        memcpy(longer, bytes, size);
        longer[size] = 'x';
        EXPECT_FAILURE(read_all(&reading, longer, size + 1, &why), &why, "");
        free(longer);
        free(bytes);
    }
}

static void fix_checksum(unsigned char *block)
{
    unsigned sum = 0;

    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += block[i];
    snprintf((char *)block + 148, 7, "%06o", sum);
}

/*
 * Nothing can be hidden: whatever bit is changed outside of the members' data and their times, the
 * archive is refused, or reads as something else.
 */
static void no_bit_is_passed_over(void **state)
{
    size_t size, quiet = 0;
    unsigned char *bytes = make_archive(TARBALL_NONE, 0, &size);
    struct reading before, after;
    struct failure why = {0};

    (void)state;
    EXPECT_OK(read_all(&before, bytes, size, &why), &why);
    for (size_t at = 0; at < size; at++) {
        unsigned char *block = bytes + at / BLOCK * BLOCK, saved[BLOCK];
        bool is_header = !memcmp(block + 257, "ustar", 5);
        size_t in_block = at % BLOCK;

        memcpy(saved, block, BLOCK);
        bytes[at] ^= (unsigned char)(1u << at % 8);
        if (is_header && (in_block < 148 || in_block >= 156))
            fix_checksum(block);
        failure_clear(&why);
        if (!read_all(&after, bytes, size, &why) && after.used == before.used &&
            !memcmp(after.text, before.text, before.used)) {
            if (!is_header || in_block < 136 || in_block >= 156)
                fail_msg("a change at 0x%zx goes unnoticed", at);
            quiet++;
        }
        memcpy(block, saved, BLOCK);
    }
    /* The digits of four times, and how the checksum is written. */
    assert_true(quiet > 0 && quiet < 4 * 20);
    free(bytes);
}

/* Replaces the map of the sparse member, whose data stay as many as they are. */
static void maps(void **state)
{
    static const struct {
        const char *map, *says;
    } cases[] = {
        {"3\n0\n512\n65536\n4096\n1048576\n700\n", NULL},
        {"4\n0\n512\n65536\n4096\n1048576\n700\n1049276\n0\n", NULL},
        {"3\n0\n512\n512\n4096\n1048576\n700\n", NULL},
        {"3\n0\n512\n65536\n4096\n1048576\n701\n", "leaves the file"},
        {"3\n65536\n4096\n0\n512\n1048576\n700\n", "not in order"},
        {"3\n0\n512\n0\n4096\n1048576\n700\n", "not in order"},
        {"3\n0\n1024\n512\n3584\n1048576\n700\n", "not in order"},
        {"4\n0\n512\n4096\n0\n65536\n4096\n1048576\n700\n", "odd range"},
        {"3\n8\n512\n65536\n4096\n1048576\n700\n", "odd range"},
        {"3\n0\n500\n65536\n4108\n1048576\n700\n", "odd range"},
        {"2\n0\n512\n65536\n4096\n", "are there"},
        {"3\n0\n512\n65536\n8192\n1048576\n700\n", "are there"},
        {"4\n0\n512\n65536\n4096\n1048576\n700\n", "no number"},
        {"3\n0\n512\n9223372036854775808\n4096\n1048576\n700\n", "no number"},
        {"3\n0\n512\n9223372036854775807\n4096\n1048576\n700\n", "leaves the file"},
        {"3\n0\n18446744073709551616\n65536\n4096\n1048576\n700\n", "no number"},
        {"99999999\n0\n512\n65536\n4096\n1048576\n700\n", "99999999 ranges"},
        {"3\n-0\n512\n65536\n4096\n1048576\n700\n", "no number"},
        {"3\n 0\n512\n65536\n4096\n1048576\n700\n", "no number"},
        {"", "no number"},
    };
    size_t size;
    unsigned char *bytes = make_archive(TARBALL_NONE, 0, &size);
    unsigned char *map = memmem(bytes, size, "4\n0\n512\n", 8);

    (void)state;
    /* libarchive writes a last range without data only if the file ends in a hole. */
    map = map ? map : memmem(bytes, size, "3\n0\n512\n", 8);
    assert_non_null(map);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct failure why = {0};
        struct reading reading;

        memset(map, 0, BLOCK);
        memcpy(map, cases[i].map, strlen(cases[i].map));
        if (cases[i].says)
            EXPECT_FAILURE(read_all(&reading, bytes, size, &why), &why, cases[i].says);
        else
            EXPECT_OK(read_all(&reading, bytes, size, &why), &why);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_back),
        cmocka_unit_test(ends),
        cmocka_unit_test(no_bit_is_passed_over),
        cmocka_unit_test(maps),
    };

    return cmocka_run_group_tests_name("untar", tests, NULL, NULL);
}
