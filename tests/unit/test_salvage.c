/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/salvage.h"

#include <string.h>

#include "tests/unit/faults.h"
#include "tests/unit/in_child.h"

#define LENGTH 100000

static unsigned char expected[LENGTH], got[LENGTH];
static int fd = -1;

static int make_file(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        expected[i] = (unsigned char)prng_next(&prng);
    fd = open("/tmp", O_RDWR | O_TMPFILE | O_EXCL, 0600);
    return fd < 0 || write(fd, expected, LENGTH) != LENGTH;
}

static int mend(void **state)
{
    (void)state;
    memset(&faults, 0, sizeof(faults));
    return 0;
}

/* Reads, and compares with what is left after zeros from `lost` on. */
static void check(struct source *source, uint64_t offset, size_t size, uint64_t lost, uint64_t end)
{
    struct failure why = {0};

    memset(got, 0x55, sizeof(got));
    EXPECT_OK(salvage_read(source, fd, offset, got, size, &why), &why);
    for (size_t i = 0; i < size; i++) {
        bool gone = offset + i >= lost && offset + i < end;

        if (got[i] != (gone ? 0 : expected[offset + i]))
            fail_msg("byte 0x%zx is wrong", (size_t)offset + i);
    }
}

static void reads_all_of_a_sound_file(void **state)
{
    struct source source = {.size = LENGTH};

    (void)state;
    for (int interrupted = 0; interrupted < 2; interrupted++) {
        faults.interrupted = interrupted;
        check(&source, 0, LENGTH, 0, 0);
        check(&source, 4095, 2, 0, 0);
        check(&source, LENGTH - 1, 1, 0, 0);
    }
    assert_int_equal(source.unreadable.count, 0);
}

static void goes_on_behind_what_is_bad(void **state)
{
    static const struct {
        off_t bad, size;
        uint64_t lost, end;
    } cases[] = {
        {0, 4096, 0, 4096},         {8192, 4096, 8192, 12288},    {8192, 1, 8192, 12288},
        {4096, 40960, 4096, 45056}, {98304, 4096, 98304, LENGTH}, {5000, 100, 5000, 8192},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct source source = {.size = LENGTH};

        faults.bad = cases[i].bad;
        faults.bad_size = cases[i].size;
        check(&source, 0, LENGTH, cases[i].lost, cases[i].end);
        assert_int_equal(source.unreadable.count, 1);
        assert_int_equal(source.unreadable.list[0].offset, cases[i].lost);
        assert_int_equal(source.unreadable.list[0].size, cases[i].end - cases[i].lost);
        assert_int_equal(source.error, EIO);
        extents_free(&source.unreadable);
    }
}

/* What was bad once is not asked for again, and stays zeros. */
static void remembers(void **state)
{
    struct source source = {.size = LENGTH};

    (void)state;
    faults.bad = 8192;
    faults.bad_size = 4096;
    check(&source, 0, LENGTH, 8192, 12288);
    faults.bad_size = 0;
    check(&source, 0, LENGTH, 8192, 12288);
    check(&source, 9000, 100, 8192, 12288);
    check(&source, 12288, 100, 8192, 12288);
    faults.bad = 20480;
    faults.bad_size = 4096;
    memset(got, 0, sizeof(got));
    check(&source, 16384, LENGTH - 16384, 20480, 24576);
    assert_int_equal(source.unreadable.count, 2);
    extents_free(&source.unreadable);
}

static void a_file_that_was_cut(void **state)
{
    struct source source = {.size = LENGTH};

    (void)state;
    assert_int_equal(ftruncate(fd, 50001), 0);
    check(&source, 0, LENGTH, 50001, LENGTH);
    assert_int_equal(source.unreadable.count, 1);
    assert_int_equal(source.unreadable.list[0].offset, 50001);
    assert_int_equal(source.error, 0);
    extents_free(&source.unreadable);
}

#define MENDED(test) cmocka_unit_test_teardown(test, mend)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MENDED(reads_all_of_a_sound_file),
        MENDED(goes_on_behind_what_is_bad),
        MENDED(remembers),
        MENDED(a_file_that_was_cut),
    };

    return cmocka_run_group_tests_name("salvage", tests, make_file, NULL);
}
