/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/map.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/folder.h"

struct map_test {
    char folder[FOLDER_SIZE], path[FOLDER_SIZE + 8];
    int fd; /* for writing to the file behind the map's back */
    struct map *map;
};

static void begin(struct map_test *test, const char *text, uint64_t offset, uint64_t size)
{
    struct failure why = {0};

    folder_make(test->folder);
    snprintf(test->path, sizeof(test->path), "%s/file", test->folder);
    test->fd = open(test->path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(test->fd >= 0);
    assert_int_equal(ftruncate(test->fd, (off_t)size), 0);
    assert_int_equal(pwrite(test->fd, text, strlen(text), (off_t)offset), strlen(text));
    EXPECT_OK(map_open(&test->map, test->path, &why), &why);
}

static void end(struct map_test *test)
{
    map_close(test->map);
    close(test->fd);
    assert_int_equal(unlink(test->path) | rmdir(test->folder), 0);
}

/* Both ways to the bytes lead to the same, at both ends of a large file. */
static void fetched_bytes_are_those_of_ranges(void **state)
{
    const uint64_t size = UINT64_C(3) << 30, places[] = {0, 4095, size - 10};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        struct map_test test;
        struct failure why = {0};
        const unsigned char *range;
        char bytes[10];

        begin(&test, "0123456789", places[i], size);
        source_advise(map_source(test.map), places[i], 10);
        assert_true(source_can_fetch(map_source(test.map)));
        EXPECT_OK(source_fetch(map_source(test.map), places[i], bytes, 10, &why), &why);
        assert_memory_equal(bytes, "0123456789", 10);
        range = source_range(map_source(test.map), places[i], 10, &why);
        assert_non_null(range);
        assert_memory_equal(range, bytes, 10);
        end(&test);
    }
}

static void a_file_cut_meanwhile_cannot_be_fetched(void **state)
{
    struct map_test test;
    struct failure why = {0};
    char bytes[10];

    (void)state;
    begin(&test, "0123456789", 0, 10);
    assert_int_equal(ftruncate(test.fd, 9), 0);
    EXPECT_OK(source_fetch(map_source(test.map), 0, bytes, 9, &why), &why);
    EXPECT_FAILURE(source_fetch(map_source(test.map), 0, bytes, 10, &why) < 0, &why, "shorter");
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fetched_bytes_are_those_of_ranges),
        cmocka_unit_test(a_file_cut_meanwhile_cannot_be_fetched),
    };

    return cmocka_run_group_tests_name("map_fetch", tests, NULL, NULL);
}
