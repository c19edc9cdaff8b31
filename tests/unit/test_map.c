/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/map.h"

#include "tests/unit/faults.h"
#include "tests/unit/folder.h"
#include "tests/unit/in_child.h"

/*
 * A file of LENGTH bytes, each page filled with a letter of its own, but for a hole of some pages.
 * Each test runs in a child, since reading a mapping takes a signal.
 */
#define PAGE   ((uint64_t)4096)
#define PAGES  100
#define LENGTH (PAGES * PAGE - 100)
#define HOLE   40
#define HOLES  8

static char folder[FOLDER_SIZE];

static unsigned char letter_of(uint64_t page)
{
    return (unsigned char)(page >= HOLE && page < HOLE + HOLES ? 0 : 'A' + page % 26);
}

static struct map *open_image(void)
{
    struct failure why = {0};
    struct map *map = NULL;
    int fd = open("image", O_RDWR | O_CREAT | O_TRUNC, 0600);

    demand(fd >= 0 && !ftruncate(fd, (off_t)LENGTH));
    for (uint64_t page = 0; page < PAGES; page++) {
        unsigned char bytes[PAGE];

        memset(bytes, letter_of(page), PAGE);
        if (letter_of(page))
            demand(pwrite(fd, bytes, page == PAGES - 1 ? PAGE - 100 : PAGE, (off_t)(page * PAGE)) >
                   0);
    }
    close(fd);
    demand(!map_open(&map, "image", &why));
    return map;
}

/* All bytes are there, but for those that are lost, which are zeros. */
static void demand_bytes(struct map *map, uint64_t lost, uint64_t end)
{
    struct source *source = map_source(map);
    struct failure why = {0};

    for (uint64_t at = 0; at < LENGTH;) {
        size_t size = LENGTH - at < SOURCE_CHUNK - 1 ? (size_t)(LENGTH - at) : SOURCE_CHUNK - 1;
        const unsigned char *bytes = source_range(source, at, size, &why);

        demand(bytes);
        for (size_t i = 0; i < size; i++) {
            uint64_t place = at + i;

            demand(bytes[i] == (place >= lost && place < end ? 0 : letter_of(place / PAGE)));
        }
        at += size;
    }
}

static void demand_unreadable(struct map *map, uint64_t offset, uint64_t end)
{
    struct extent found;

    demand(source_unreadable(map_source(map), 0, LENGTH, &found));
    demand(found.offset == offset && found.offset + found.size == end);
    demand(!source_unreadable(map_source(map), end, LENGTH, &found));
}

static void reads_what_is_there(void)
{
    struct map *map = open_image();
    struct extent found;

    demand_bytes(map, 0, 0);
    demand(!source_unreadable(map_source(map), 0, LENGTH, &found));
    demand(!map_changed(map));
    map_close(map);
}

static void finds_holes(void)
{
    struct map *map = open_image();
    struct failure why = {0};
    struct extent found;

    demand(source_data(map_source(map), 0, LENGTH, &found, &why) == 1);
    demand(found.offset == 0 && found.size == HOLE * PAGE);
    demand(source_data(map_source(map), HOLE * PAGE, LENGTH, &found, &why) == 1);
    demand(found.offset == (HOLE + HOLES) * PAGE);
    demand(source_data(map_source(map), (HOLE + 1) * PAGE, (HOLE + 2) * PAGE, &found, &why) == 0);
    map_close(map);
}

/* Whole pages are cut off: a signal when they are touched, and holes that are none. */
static void is_cut_while_mapped(void)
{
    struct map *map = open_image();
    struct failure why = {0};
    struct extent found;

    demand(source_range(map_source(map), 0, 8, &why));
    demand(!truncate("image", 60 * PAGE));
    demand(source_data(map_source(map), 70 * PAGE, 80 * PAGE, &found, &why) == 1);
    demand(found.offset == 70 * PAGE);
    demand_bytes(map, 60 * PAGE, LENGTH);
    demand_unreadable(map, 60 * PAGE, LENGTH);
    demand(map_changed(map));
    map_close(map);
}

/* Inside a page there is no signal, but zeros. */
static void is_cut_inside_a_page(void)
{
    struct map *map = open_image();
    struct failure why = {0};

    demand(source_range(map_source(map), 0, 8, &why));
    demand(!truncate("image", 60 * PAGE + 1000));
    demand_bytes(map, 60 * PAGE + 1000, LENGTH);
    demand(map_changed(map));
    map_close(map);
}

static void grows_back_after_it_was_cut(void)
{
    struct map *map = open_image();
    struct failure why = {0};

    demand(!truncate("image", 60 * PAGE));
    demand(source_range(map_source(map), 59 * PAGE, 2 * PAGE, &why));
    demand(!truncate("image", LENGTH));
    demand_unreadable(map, 60 * PAGE, 61 * PAGE);
    demand(map_changed(map));
    map_close(map);
}

static void cannot_be_mapped(void)
{
    struct map *map = open_image();

    faults.no_mmap = true;
    demand_bytes(map, 0, 0);
    map_close(map);
}

static void cannot_be_mapped_nor_read(void)
{
    struct map *map = open_image();

    faults.no_mmap = true;
    faults.bad = 10 * PAGE;
    faults.bad_size = 2 * PAGE;
    demand_bytes(map, 10 * PAGE, 12 * PAGE);
    demand_unreadable(map, 10 * PAGE, 12 * PAGE);
    demand(map_source(map)->error == EIO);
    map_close(map);
}

/* All of a range or a failure, whatever the system calls do. */
static void fetches_ranges(void)
{
    static unsigned char bytes[SOURCE_CHUNK];
    struct map *map = open_image();
    struct source *source = map_source(map);
    struct failure why = {0};

    faults.interrupted = true;
    source_advise(source, 7 * PAGE, 80 * PAGE);
    demand(source_can_fetch(source));
    demand(!source_fetch(source, 7 * PAGE, bytes, 50 * PAGE, &why));
    for (uint64_t i = 0; i < 50 * PAGE; i++)
        demand(bytes[i] == letter_of(7 + i / PAGE));
    demand(!source_fetch(source, LENGTH - 10, bytes, 10, &why));
    demand(bytes[9] == letter_of(PAGES - 1));
    faults.bad = 10 * PAGE;
    faults.bad_size = 1;
    demand(source_fetch(source, 7 * PAGE, bytes, 50 * PAGE, &why) < 0);
    demand(why.error == EIO);
    failure_clear(&why);
    faults.bad_size = 0;
    demand(!truncate("image", 60 * PAGE - 1));
    demand(!source_fetch(source, 50 * PAGE, bytes, 9 * PAGE, &why));
    demand(source_fetch(source, 50 * PAGE, bytes, 10 * PAGE, &why) < 0);
    demand(strstr(why.text, "shorter"));
    map_close(map);
}

/* The address sanitizer takes all of the address space for itself. */
#ifndef __SANITIZE_ADDRESS__
/* An address space too small for the file, as under ulimit -v; a leak checker needs the rest. */
static void has_no_room_for_a_map(void)
{
    struct rlimit little, before;
    struct map *map = open_image();
    struct failure why = {0};
    struct map *large = NULL;

    demand(!truncate("image", INT64_C(1) << 40));
    demand(!map_open(&large, "image", &why));
    demand(!getrlimit(RLIMIT_AS, &before));
    little = (struct rlimit){UINT64_C(1) << 29, before.rlim_max};
    demand(!setrlimit(RLIMIT_AS, &little));
    demand(source_range(map_source(large), 5 * PAGE, 10, &why)[9] == letter_of(5));
    demand(source_range(map_source(large), UINT64_C(1) << 39, 10, &why)[9] == 0);
    demand(!setrlimit(RLIMIT_AS, &before));
    map_close(large);
    map_close(map);
}
#endif

static void is_something_else(void **state)
{
    static const struct {
        const char *path, *text;
    } cases[] = {
        {"missing", "missing: No such file"},
        {"/dev/zero", "/dev/zero: is a device, not an image file"},
        {".", ".: is a directory"},
        {"fifo", "fifo: is a FIFO"},
    };

    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct map *map = NULL;
        struct failure why = {0};

        EXPECT_FAILURE(map_open(&map, cases[i].path, &why), &why, cases[i].text);
        assert_null(map);
    }
}

#define TEST(property)                                                                             \
    static void test_##property(void **state)                                                      \
    {                                                                                              \
        (void)state;                                                                               \
        assert_int_equal(run_in_child(property), 0);                                               \
    }

TEST(reads_what_is_there)
TEST(finds_holes)
TEST(is_cut_while_mapped)
TEST(is_cut_inside_a_page)
TEST(grows_back_after_it_was_cut)
TEST(cannot_be_mapped)
TEST(cannot_be_mapped_nor_read)
TEST(fetches_ranges)
#ifndef __SANITIZE_ADDRESS__
TEST(has_no_room_for_a_map)
#endif

static int enter_folder(void **state)
{
    (void)state;
    folder_make(folder);
    return chdir(folder);
}

static int leave_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return chdir("/") || system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_is_there),
        cmocka_unit_test(test_finds_holes),
        cmocka_unit_test(test_is_cut_while_mapped),
        cmocka_unit_test(test_is_cut_inside_a_page),
        cmocka_unit_test(test_grows_back_after_it_was_cut),
        cmocka_unit_test(test_cannot_be_mapped),
        cmocka_unit_test(test_cannot_be_mapped_nor_read),
        cmocka_unit_test(test_fetches_ranges),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_has_no_room_for_a_map),
#endif
        cmocka_unit_test(is_something_else),
    };

    return cmocka_run_group_tests_name("map", tests, enter_folder, leave_folder);
}
