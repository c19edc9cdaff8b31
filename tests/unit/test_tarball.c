/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/catch.h"

#define MIB (UINT64_C(1) << 20)

static void filters_by_name(void **state)
{
    static const struct {
        const char *name;
        enum tarball_filter filter;
    } cases[] = {{"bug.tar", TARBALL_NONE},
                 {"bug.tar.gz", TARBALL_GZIP},
                 {"bug.tgz", TARBALL_GZIP},
                 {"bug.tar.zst", TARBALL_ZSTD},
                 {"bug.tzst", TARBALL_ZSTD},
                 {"bug.tar.xz", TARBALL_XZ},
                 {"bug.txz", TARBALL_XZ},
                 {"bug", TARBALL_GZIP},
                 {"", TARBALL_GZIP},
                 {"-", TARBALL_GZIP},
                 {".tar", TARBALL_GZIP},
                 {"bug.xz", TARBALL_GZIP},
                 {"dir.tar.xz/bug", TARBALL_GZIP},
                 {"x.tar.xz.gz", TARBALL_GZIP}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(tarball_filter_of(cases[i].name), cases[i].filter);
}

static struct tarball *open_ok(struct catch *catch, enum tarball_filter filter)
{
    struct tarball *tarball = NULL;
    struct tarball_options options = {.filter = filter, .prefix = "label", .mtime = 1234567890};
    struct failure why = {0};

    catch_begin(catch);
    EXPECT_OK(tarball_open(&tarball, &catch->sink, &options, &why), &why);
    return tarball;
}

static unsigned char *finish_ok(struct catch *catch, struct tarball *tarball, size_t *size)
{
    struct failure why = {0};

    EXPECT_OK(tarball_finish(tarball, &why), &why);
    tarball_free(tarball);
    return catch_end(catch, size);
}

/* Three ranges in 10 GiB: at the start, in the middle, and up to the end. */
static const struct extent three[] = {
    {0, 512}, {5 * 1024 * MIB, 65536}, {10 * 1024 * MIB - 4096, 4096}};
static const uint64_t big = 10 * 1024 * MIB;

static unsigned char byte_of(uint64_t offset)
{
    return (unsigned char)(1 + offset / 512 % 251);
}

/* The next piece at offset, of at most size bytes, where the tarball wants it if it says. */
static size_t add_piece(struct tarball *tarball, uint64_t offset, unsigned char *bytes, size_t size,
                        struct sha256_ctx *hash)
{
    struct failure why = {0};
    unsigned char *room;
    size_t most;

    EXPECT_OK(tarball_room(tarball, &room, &most, &why), &why);
    if (room) {
        bytes = room;
        size = size < most ? size : most;
    }
    for (size_t n = 0; n < size; n++)
        bytes[n] = byte_of(offset + n);
    EXPECT_OK(tarball_data(tarball, offset, bytes, size, &why), &why);
    sha256_update(hash, size, bytes);
    return size;
}

static void add_sparse(struct tarball *tarball, size_t piece)
{
    const struct extents ranges = {(struct extent *)(uintptr_t)three, COUNT_OF(three), 3};
    struct failure why = {0};
    unsigned char *bytes = malloc(piece);
    char wanted[SINK_HEX_SIZE], hex[SINK_HEX_SIZE];
    struct sha256_ctx hash;

    sha256_init(&hash);
    EXPECT_OK(tarball_begin_sparse(tarball, "image", big, &ranges, &why), &why);
    for (size_t i = 0; i < COUNT_OF(three); i++) {
        uint64_t at = 0;

        while (at < three[i].size)
            at +=
                add_piece(tarball, three[i].offset + at, bytes,
                          three[i].size - at < piece ? (size_t)(three[i].size - at) : piece, &hash);
    }
    EXPECT_OK(tarball_end_sparse(tarball, hex, &why), &why);
    sink_hex(&hash, wanted);
    assert_string_equal(hex, wanted);
    free(bytes);
}

static unsigned char *write_two_members(enum tarball_filter filter, size_t piece, size_t *size)
{
    struct catch catch;
    struct tarball *tarball = open_ok(&catch, filter);
    struct failure why = {0};

    EXPECT_OK(tarball_add(tarball, "text", "hello\n", 6, &why), &why);
    EXPECT_OK(tarball_add(tarball, "empty", "", 0, &why), &why);
    add_sparse(tarball, piece);
    return finish_ok(&catch, tarball, size);
}

static void next_member(struct archive *archive, struct archive_entry **entry, const char *name,
                        uint64_t size)
{
    assert_int_equal(archive_read_next_header(archive, entry), ARCHIVE_OK);
    assert_string_equal(archive_entry_pathname(*entry), name);
    assert_int_equal(archive_entry_size(*entry), size);
    assert_int_equal(archive_entry_mtime(*entry), 1234567890);
    assert_int_equal(archive_entry_perm(*entry), 0644);
    assert_int_equal(archive_entry_uid(*entry), 0);
    assert_int_equal(archive_entry_gid(*entry), 0);
    assert_true(!archive_entry_uname(*entry) || !archive_entry_uname(*entry)[0]);
    assert_int_equal(archive_entry_filetype(*entry), AE_IFREG);
}

/* All that is read back lies in the ranges, and they are complete. */
static void check_sparse(struct archive *archive)
{
    const void *bytes;
    size_t size;
    la_int64_t offset;
    uint64_t total = 0;

    while (archive_read_data_block(archive, &bytes, &size, &offset) == ARCHIVE_OK) {
        for (size_t i = 0; i < size; i++)
            assert_int_equal(((const unsigned char *)bytes)[i], byte_of((uint64_t)offset + i));
        total += size;
    }
    assert_int_equal(total, three[0].size + three[1].size + three[2].size);
}

static void check_archive(const unsigned char *bytes, size_t size)
{
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    char text[16] = "";

    archive_read_support_filter_all(archive);
    archive_read_support_format_tar(archive);
    assert_int_equal(archive_read_open_memory(archive, bytes, size), ARCHIVE_OK);
    next_member(archive, &entry, "label/text", 6);
    assert_int_equal(archive_read_data(archive, text, sizeof(text)), 6);
    assert_string_equal(text, "hello\n");
    next_member(archive, &entry, "label/empty", 0);
    next_member(archive, &entry, "label/image", big);
    assert_true(archive_entry_sparse_count(entry) >= 3);
    check_sparse(archive);
    assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
    archive_read_free(archive);
}

static void members_come_back(void **state)
{
    (void)state;
    for (int filter = TARBALL_NONE; filter <= TARBALL_XZ; filter++) {
        size_t size, again_size;
        unsigned char *bytes = write_two_members((enum tarball_filter)filter, 1000, &size);
        unsigned char *again = write_two_members((enum tarball_filter)filter, 65536, &again_size);

        check_archive(bytes, size);
        assert_int_equal(size, again_size);
        assert_memory_equal(bytes, again, size);
        free(bytes);
        free(again);
    }
}

/* libarchive would drop such ranges without a word. */
static void bad_ranges_are_refused(void **state)
{
    static const struct extent lists[][2] = {
        {{8192, 4096}, {0, 4096}},
        {{0, 8192}, {4096, 8192}},
        {{0, 4096}, {2 * MIB, 4096}},
        {{MIB - 4096, 8192}, {0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        const struct extents ranges = {(struct extent *)(uintptr_t)lists[i],
                                       lists[i][1].size ? 2 : 1, 2};
        struct catch catch;
        struct tarball *tarball = open_ok(&catch, TARBALL_NONE);
        struct failure why = {0};
        size_t size;

        EXPECT_FAILURE(tarball_begin_sparse(tarball, "image", MIB, &ranges, &why), &why, "ranges");
        tarball_free(tarball);
        free(catch_end(&catch, &size));
    }
}

static void data_must_follow(void **state)
{
    struct extent list[] = {{0, 4096}, {8192, 4096}};
    const struct extents ranges = {list, 2, 2};
    unsigned char bytes[4096] = {0};
    struct catch catch;
    struct tarball *tarball = open_ok(&catch, TARBALL_NONE);
    struct failure why = {0};
    char hex[SINK_HEX_SIZE];
    size_t size;

    (void)state;
    EXPECT_OK(tarball_begin_sparse(tarball, "image", 12288, &ranges, &why), &why);
    EXPECT_OK(tarball_data(tarball, 0, bytes, 4096, &why), &why);
    EXPECT_FAILURE(tarball_data(tarball, 0, bytes, 4096, &why), &why, "does not follow");
    EXPECT_FAILURE(tarball_data(tarball, 8192, bytes, 4097, &why), &why, "does not follow");
    EXPECT_OK(tarball_data(tarball, 8192, bytes, 4096, &why), &why);
    EXPECT_OK(tarball_end_sparse(tarball, hex, &why), &why);
    free(finish_ok(&catch, tarball, &size));
}

/* Bytes that were promised must come, and others must not: libarchive would make zeros of them. */
static void ranges_must_be_filled(void **state)
{
    struct extent list[] = {{0, 4096}, {8192, 4096}};
    const struct extents ranges = {list, 2, 2};
    unsigned char bytes[4096] = {1};

    (void)state;
    for (int missing = 0; missing < 4; missing++) {
        struct catch catch;
        struct tarball *tarball = open_ok(&catch, TARBALL_NONE);
        struct failure why = {0};
        char hex[SINK_HEX_SIZE];
        int failed;
        size_t size;

        EXPECT_OK(tarball_begin_sparse(tarball, "image", 12288, &ranges, &why), &why);
        failed = missing != 0 && tarball_data(tarball, 0, bytes, 4096, &why);
        if (!failed && missing == 3)
            failed = tarball_data(tarball, 4096, bytes, 4096, &why);
        if (!failed && missing != 1)
            failed = tarball_data(tarball, 8192, bytes, missing == 2 ? 4088 : 4096, &why);
        EXPECT_FAILURE(failed || tarball_end_sparse(tarball, hex, &why), &why, "");
        tarball_free(tarball);
        free(catch_end(&catch, &size));
    }
}

/* A member that is all data, and one that is all hole. */
static void full_and_empty_members(void **state)
{
    struct extent all[] = {{0, 4096}};
    const struct extents full = {all, 1, 1}, none = {NULL, 0, 0};
    unsigned char bytes[4096] = {1};
    struct catch catch;
    struct tarball *tarball = open_ok(&catch, TARBALL_NONE);
    struct failure why = {0};
    char hex[SINK_HEX_SIZE];
    size_t size;

    (void)state;
    EXPECT_OK(tarball_begin_sparse(tarball, "full", 4096, &full, &why), &why);
    EXPECT_OK(tarball_data(tarball, 0, bytes, 4096, &why), &why);
    EXPECT_OK(tarball_end_sparse(tarball, hex, &why), &why);
    EXPECT_OK(tarball_begin_sparse(tarball, "none", 100 * MIB, &none, &why), &why);
    EXPECT_OK(tarball_end_sparse(tarball, hex, &why), &why);
    free(finish_ok(&catch, tarball, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_by_name),        cmocka_unit_test(members_come_back),
        cmocka_unit_test(bad_ranges_are_refused), cmocka_unit_test(data_must_follow),
        cmocka_unit_test(ranges_must_be_filled),  cmocka_unit_test(full_and_empty_members),
    };

    return cmocka_run_group_tests_name("tarball", tests, NULL, NULL);
}
