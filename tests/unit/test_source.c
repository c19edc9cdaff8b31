/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/source.h"

#include "tests/unit/memory_source.h"
#include "tests/unit/unit.h"

static void gate_opens_inside_only(void **state)
{
    static const struct {
        uint64_t offset;
        size_t size;
        bool inside;
    } cases[] = {
        {0, 0, true},
        {0, 1, true},
        {0, 1000, true},
        {0, 1001, false},
        {999, 1, true},
        {999, 2, false},
        {1000, 0, true},
        {1000, 1, false},
        {1001, 0, false},
        {UINT64_C(1) << 63, 8, false},
        {UINT64_MAX, 1, false},
        {UINT64_MAX - 7, 8, false},
        {UINT64_MAX - 7, 16, false},
        {UINT64_MAX, SOURCE_CHUNK, false},
        {8, SIZE_MAX, false},
        {8, SIZE_MAX - 7, false},
    };
    struct memory_source memory;

    (void)state;
    memory_source_init(&memory, 1000, 1000);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct failure why = {0};
        const unsigned char *bytes =
            source_range(&memory.source, cases[i].offset, cases[i].size, &why);

        assert_int_equal(bytes != NULL, cases[i].inside);
        assert_int_equal(why.text[0] != '\0', !cases[i].inside);
    }
    memory_source_free(&memory);
}

static void gate_hands_out_a_chunk_at_most(void **state)
{
    struct memory_source memory;
    struct failure why = {0};

    (void)state;
    memory_source_init(&memory, 4 * SOURCE_CHUNK, 1);
    assert_non_null(source_range(&memory.source, 5, SOURCE_CHUNK, &why));
    EXPECT_FAILURE(!source_range(&memory.source, 5, SOURCE_CHUNK + 1, &why), &why, "asked for");
    memory_source_free(&memory);
}

static void gate_takes_files_of_any_size(void **state)
{
    struct memory_source memory;
    struct failure why = {0};

    (void)state;
    memory_source_init(&memory, UINT64_MAX, 1);
    assert_non_null(source_range(&memory.source, UINT64_MAX - 8, 8, &why));
    EXPECT_FAILURE(!source_range(&memory.source, UINT64_MAX - 8, 9, &why), &why, "asked for");
    memory_source_free(&memory);
}

static void data_is_cut_to_what_was_asked(void **state)
{
    struct memory_source memory;
    struct failure why = {0};
    struct extent found;

    (void)state;
    memory_source_init(&memory, 1003, 1003);
    memset(memory.bytes + 96, 1, 200);
    assert_int_equal(source_data(&memory.source, 0, 5000, &found, &why), 1);
    assert_int_equal(found.offset, 96);
    assert_int_equal(found.size, 200);
    assert_int_equal(source_data(&memory.source, 104, 200, &found, &why), 1);
    assert_int_equal(found.offset, 104);
    assert_int_equal(found.size, 96);
    assert_int_equal(source_data(&memory.source, 296, 1003, &found, &why), 0);
    memory.bytes[1002] = 1;
    assert_int_equal(source_data(&memory.source, 296, UINT64_MAX, &found, &why), 1);
    assert_int_equal(found.offset, 1000);
    assert_int_equal(found.size, 3);
    memory_source_free(&memory);
}

static void nothing_is_asked_outside(void **state)
{
    static const uint64_t pairs[][2] = {
        {5, 5}, {6, 5}, {1000, 2000}, {UINT64_MAX, 0}, {1000, UINT64_MAX}};
    /* A source of no kind: whoever is asked crashes. */
    struct source source = {.size = 1000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct failure why = {0};
        struct extent found;

        assert_int_equal(source_data(&source, pairs[i][0], pairs[i][1], &found, &why), 0);
    }
}

static void quick_ways_pass_the_gate(void **state)
{
    unsigned char bytes[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    struct memory_source memory;
    struct failure why = {0};

    (void)state;
    memory_source_init(&memory, 1000, 1000);
    assert_false(source_can_fetch(&memory.source));
    source_advise(&memory.source, 0, 8);
    memory.source.kind = &memory_source_quick_kind;
    memory.bytes[997] = 7;
    assert_true(source_can_fetch(&memory.source));
    EXPECT_OK(source_fetch(&memory.source, 996, bytes, 4, &why), &why);
    assert_memory_equal(bytes, "\0\7\0\0\11\11\11\11", 8);
    EXPECT_FAILURE(source_fetch(&memory.source, 996, bytes, 5, &why) < 0, &why, "0x3e4");
    EXPECT_FAILURE(source_fetch(&memory.source, UINT64_MAX, bytes, 1, &why) < 0, &why, "asked for");
    EXPECT_FAILURE(source_fetch(&memory.source, 0, bytes, SIZE_MAX, &why) < 0, &why, "asked for");
    source_advise(&memory.source, 1000, 8);
    source_advise(&memory.source, UINT64_MAX, 8);
    memory_source_free(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gate_opens_inside_only),
        cmocka_unit_test(gate_hands_out_a_chunk_at_most),
        cmocka_unit_test(gate_takes_files_of_any_size),
        cmocka_unit_test(data_is_cut_to_what_was_asked),
        cmocka_unit_test(nothing_is_asked_outside),
        cmocka_unit_test(quick_ways_pass_the_gate),
    };

    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
