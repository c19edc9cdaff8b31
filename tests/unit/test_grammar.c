/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <string.h>

#include "qed/grammar.h"
#include "qed/standin.h"
#include "tests/unit/tiny_image.h"

/* Two L2 tables of two clusters, at clusters 3 and 5; data clusters are holes. */
static void begin(struct tiny_image *image)
{
    tiny_image_init(image, 2, 1, 40, 40);
    tiny_image_set_l1(image, 0, tiny_offset(3));
    tiny_image_set_l1(image, 700, tiny_offset(5));
    for (uint64_t i = 0; i < 9; i++)
        tiny_image_set(image, tiny_offset(3), i, tiny_offset(10 + i));
    tiny_image_set(image, tiny_offset(3), 1000, 1);
    tiny_image_set(image, tiny_offset(5), 4, STANDIN_MARKER);
}

/* Takes the image in pieces of any size, as they come out of an archive. */
static struct grammar check_in_pieces(struct source *source, struct prng *prng)
{
    struct grammar_reader reader;
    struct grammar grammar;
    struct extents data = {0};
    struct failure why = {0};
    struct extent range;
    uint64_t at = 0;

    grammar_begin(&reader, &grammar, source->size);
    while (source_data(source, at, source->size, &range, &why) > 0) {
        uint64_t most = prng_one_in(prng, 2) ? 9 : 3000, part = 1 + prng_below(prng, most);

        part = part < range.size ? part : range.size;
        EXPECT_OK(grammar_take(&reader, range.offset,
                               source_range(source, range.offset, (size_t)part, &why), (size_t)part,
                               &why),
                  &why);
        EXPECT_OK(extents_add(&data, range.offset, part, &why), &why);
        at = range.offset + part;
    }
    EXPECT_OK(grammar_end(&reader, &data, &why), &why);
    extents_free(&data);
    grammar_free(&reader);
    return grammar;
}

static struct grammar check(struct tiny_image *image)
{
    struct grammar grammar, again;
    struct failure why = {0};
    struct prng prng = {2};

    EXPECT_OK(grammar_check(&grammar, &image->memory.source, &why), &why);
    for (int i = 0; i < 5; i++) {
        again = check_in_pieces(&image->memory.source, &prng);
        assert_int_equal(again.holds, grammar.holds);
        assert_int_equal(again.offence, grammar.offence);
        assert_string_equal(again.what, grammar.what);
        assert_int_equal(again.offsets, grammar.offsets);
        assert_int_equal(again.zeros, grammar.zeros);
        assert_int_equal(again.markers, grammar.markers);
        assert_int_equal(again.tables, grammar.tables);
        assert_int_equal(again.data, grammar.data);
        assert_int_equal(again.name_size, grammar.name_size);
    }
    return grammar;
}

/* The image is not in the grammar, from the offset on, for a reason that holds the text. */
static void expect_offence(struct tiny_image *image, uint64_t offset, const char *part)
{
    struct grammar grammar = check(image);

    assert_false(grammar.holds);
    assert_int_equal(grammar.offence, offset);
    if (!strstr(grammar.what, part))
        fail_msg("\"%s\" does not say \"%s\"", grammar.what, part);
}

static void metadata_are_in_it(void **state)
{
    struct tiny_image image;
    struct grammar grammar;

    (void)state;
    begin(&image);
    grammar = check(&image);
    assert_true(grammar.holds);
    assert_int_equal(grammar.offsets, 11);
    assert_int_equal(grammar.zeros, 1);
    assert_int_equal(grammar.markers, 1);
    assert_int_equal(grammar.tables, 2);
    assert_int_equal(grammar.name_size, 0);
    tiny_image_free(&image);
}

static void words(void **state)
{
    static const struct {
        uint64_t word;
        bool in_l1, in_l2;
    } cases[] = {
        {0, true, true},
        {1, false, true},
        {2, false, false},
        {TINY_CLUSTER - 1, false, false},
        {0 * TINY_CLUSTER + 8, false, false},
        {TINY_CLUSTER, true, true},
        {TINY_CLUSTER + 1, false, false},
        {39 * TINY_CLUSTER, true, true},
        {40 * TINY_CLUSTER, true, true}, /* behind the end of the file, and well formed */
        {(UINT64_C(1) << 46) - TINY_CLUSTER, true, true},
        {UINT64_C(1) << 46, false, false},
        {UINT64_MAX - TINY_CLUSTER + 1, false, false},
        {STANDIN_MARKER, true, true},
        {STANDIN_MARKER + 1, false, false},
        {STANDIN_MARKER - TINY_CLUSTER, false, false},
        {STANDIN_MARKER + 1023 * TINY_CLUSTER, true, true},
        {STANDIN_MARKER + 1024 * TINY_CLUSTER, false, false},
        {UINT64_C(0x2144455341544144), false, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (int in_l1 = 0; in_l1 < 2; in_l1++) {
            uint64_t table = tiny_offset(in_l1 ? 1 : 3), at = table + 77 * 8;
            struct tiny_image image;

            begin(&image);
            tiny_image_set(&image, table, 77, cases[i].word);
            if (in_l1 ? cases[i].in_l1 : cases[i].in_l2)
                assert_true(check(&image).holds);
            else
                expect_offence(&image, at, "neither an offset nor a marker");
            tiny_image_free(&image);
        }
    }
}

/* Anything at all in a cluster that no L1 word points at, words of the grammar too. */
static void data_elsewhere(void **state)
{
    static const uint64_t values[] = {1, TINY_CLUSTER * 12, STANDIN_MARKER, 0x4242};
    static const uint64_t clusters[] = {7, 10, 39};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values) * COUNT_OF(clusters); i++) {
        uint64_t value = values[i % COUNT_OF(values)];
        uint64_t at = tiny_offset(clusters[i / COUNT_OF(values)]);
        struct tiny_image image;

        begin(&image);
        tiny_image_set(&image, at, 5, value);
        expect_offence(&image, at + 40, value == 0x4242 ? "neither" : "where neither");
        /* The same becomes a table when L1 points there. */
        tiny_image_set_l1(&image, 3, at);
        assert_int_equal(check(&image).holds, value != 0x4242 && at < tiny_offset(39));
        tiny_image_free(&image);
    }
}

static void headers(void **state)
{
    static const struct {
        size_t at;
        unsigned char byte;
        uint64_t offence;
    } cases[] = {
        {0, 'q', 0}, {4, 1, 0},     {16, 8, 0},      {16, 1, 56},       {16, 4, 16},
        {24, 1, 24}, {39, 128, 24}, {41, 0, 0},      {48, 1, 0},        {56, 64, 56},
        {60, 1, 56}, {64, 1, 64},   {100, 'x', 100}, {4095, 'x', 4095},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tiny_image image;
        struct grammar grammar;

        begin(&image);
        image.memory.bytes[cases[i].at] = cases[i].byte;
        grammar = check(&image);
        assert_false(grammar.holds);
        assert_int_equal(grammar.offence, cases[i].offence);
        tiny_image_free(&image);
    }
}

static void names_right_behind_the_header(void **state)
{
    struct tiny_image image;

    (void)state;
    begin(&image);
    image.header.features = QED_F_BACKING_FILE | QED_F_BACKING_FORMAT_NO_PROBE;
    image.header.backing_filename_offset = QED_HEADER_SIZE;
    image.header.backing_filename_size = 8;
    tiny_image_update(&image);
    memcpy(image.memory.bytes + QED_HEADER_SIZE, "base.img", 8);
    assert_true(check(&image).holds);
    assert_int_equal(check(&image).name_size, 8);
    image.memory.bytes[QED_HEADER_SIZE + 8] = '!';
    expect_offence(&image, QED_HEADER_SIZE + 8, "behind the header");
    image.memory.bytes[QED_HEADER_SIZE + 8] = 0;
    image.header.backing_filename_offset += 8;
    tiny_image_update(&image);
    expect_offence(&image, QED_AT_BACKING_FILENAME_OFFSET, "name");
    tiny_image_free(&image);
}

/* The end of the file cuts the last word of a table: the first bytes of a marker are one. */
static void cut_words(void **state)
{
    static const struct {
        const char *bytes;
        bool good;
    } cases[] = {{"REDAC", true},
                 {"REDAX", false},
                 {"R\x55"
                  "DAC",
                  true},
                 {"\0\xa0\0\0\0", true},
                 {"hello", false},
                 {"\1\0\0\0\0", true},
                 {"\2\0\0\0\0", false}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tiny_image image;
        uint64_t at = tiny_offset(39) - 8;

        begin(&image);
        tiny_image_set_l1(&image, 1, tiny_offset(37));
        memcpy(image.memory.bytes + at, cases[i].bytes, 5);
        image.memory.source.size = image.memory.stored = at + 5;
        tiny_image_update(&image);
        if (cases[i].good)
            assert_true(check(&image).holds);
        else
            expect_offence(&image, at, "neither");
        tiny_image_free(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_are_in_it),
        cmocka_unit_test(words),
        cmocka_unit_test(data_elsewhere),
        cmocka_unit_test(headers),
        cmocka_unit_test(names_right_behind_the_header),
        cmocka_unit_test(cut_words),
    };

    return cmocka_run_group_tests_name("grammar", tests, NULL, NULL);
}
