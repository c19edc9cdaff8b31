/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/sketch.h"

#include <string.h>

#include "tests/unit/unit.h"

static void begin(struct atlas *atlas, uint64_t guest, uint64_t file)
{
    struct geometry geometry = {.cluster_size = 4096,
                                .cluster_bits = 12,
                                .total_clusters = guest,
                                .file_clusters = file,
                                .file_end = file * 4096};

    atlas_init(atlas, &geometry);
}

static void characters_say_what_is_there(void **state)
{
    struct run data = {.class = ELEMENT_VALID, .count = 2, .value = 3 * 4096};
    struct run zero = {.class = ELEMENT_ZERO, .count = 1};
    struct run bad = {.class = ELEMENT_INVALID, .count = 1};
    struct run unread = {.class = ELEMENT_UNREADABLE, .count = 1};
    static struct atlas atlas;
    struct sketch sketch;

    (void)state;
    begin(&atlas, 8, 8);
    atlas_add_run(&atlas, 1, &data, 0, false);
    atlas_add_run(&atlas, 4, &zero, 0, false);
    atlas_add_run(&atlas, 5, &bad, 0, false);
    atlas_add_run(&atlas, 6, &unread, 0, false);
    atlas_add_clusters(&atlas, ATLAS_HEADER, 0, 1);
    atlas_add_clusters(&atlas, ATLAS_L1, 4096, 1);
    atlas_add_clusters(&atlas, ATLAS_L2, 8192, 1);
    atlas_add_clusters(&atlas, ATLAS_LEAKED, 5 * 4096, 2);
    atlas_add_clusters(&atlas, ATLAS_TWICE, 6 * 4096, 1);
    sketch_make(&sketch, &atlas);
    assert_string_equal(sketch.guest, ".88.zx?.");
    assert_string_equal(sketch.file, "h12ddltd");
}

static void eighths_are_rounded_but_not_to_nothing(void **state)
{
    static const struct {
        uint32_t clusters;
        char character;
    } cases[] = {{1, '1'}, {15, '1'}, {16, '1'}, {24, '2'}, {64, '4'}, {120, '8'}, {128, '8'}};
    static struct atlas atlas;
    struct sketch sketch;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run = {.class = ELEMENT_VALID, .count = cases[i].clusters};

        begin(&atlas, 64 * 128, 64 * 128);
        atlas_add_run(&atlas, 3 * 128, &run, 0, false);
        sketch_make(&sketch, &atlas);
        assert_int_equal(strlen(sketch.guest), 64);
        assert_int_equal(sketch.guest[2], '.');
        assert_int_equal(sketch.guest[3], cases[i].character);
        assert_int_equal(sketch.guest[4], '.');
    }
}

static void any_size_fits(void **state)
{
    static const uint64_t sizes[] = {0, 1, 63, 64, 65, 127, 128, 129, 511, 513, 100000};
    static struct atlas atlas;
    struct sketch sketch;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        begin(&atlas, sizes[i], sizes[i]);
        sketch_make(&sketch, &atlas);
        assert_true(strlen(sketch.guest) <= 64 && (sizes[i] == 0) == (sketch.guest[0] == '\0'));
        assert_true(sketch_is_guest(sketch.guest) && sketch_is_file(sketch.file));
    }
}

static void strangers_are_refused(void **state)
{
    static const char *const texts[] = {"9", "0", " ", "<b>", "hh.", "\xff"};
    char long_one[66];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_false(sketch_is_guest(texts[i]) || sketch_is_file(texts[i]));
    memset(long_one, '1', 65);
    long_one[65] = '\0';
    assert_false(sketch_is_guest(long_one) || sketch_is_file(long_one));
    assert_true(sketch_is_guest(long_one + 1) && sketch_is_file(long_one + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_say_what_is_there),
        cmocka_unit_test(eighths_are_rounded_but_not_to_nothing),
        cmocka_unit_test(any_size_fits),
        cmocka_unit_test(strangers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
