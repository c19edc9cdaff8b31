/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/table.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 24

struct table_test {
    struct tiny_image image;
    enum table_level level;
    uint64_t offset;
    unsigned char *own;
};

/* The class of an element in words of the specification. */
static enum element_class naive_class(const struct geometry *geometry, enum table_level level,
                                      uint64_t value)
{
    uint64_t size = level == TABLE_L1 ? geometry->table_size : geometry->cluster_size;

    if (value == 0)
        return ELEMENT_UNALLOCATED;
    if (value == 1 && level == TABLE_L2)
        return ELEMENT_ZERO;
    if (value % geometry->cluster_size || value < geometry->header_end ||
        value >= geometry->file_end || geometry->file_end - value < size)
        return ELEMENT_INVALID;
    return ELEMENT_VALID;
}

static void check_elements(const struct table_test *test, const struct run *run)
{
    const struct geometry *geometry = &test->image.geometry;
    uint64_t step = test->level == TABLE_L1 ? geometry->table_size : geometry->cluster_size;
    bool rises = run->class == ELEMENT_VALID || run->class == ELEMENT_INVALID;

    for (uint32_t i = 0; i < run->count; i++) {
        uint64_t value = tiny_image_get(&test->image, test->offset, run->index + i);
        enum element_reason reason;

        assert_int_equal(run->class, naive_class(geometry, test->level, value));
        assert_int_equal(run->class, table_classify(geometry, test->level, value, &reason));
        assert_int_equal(run->reason, reason);
        if (rises)
            assert_int_equal(value, run->value + i * step);
    }
}

/* Every element appears in a run, once and in order. Returns how many runs there are. */
static unsigned check_runs(struct table_test *test)
{
    struct table_cursor cursor;
    struct failure why = {0};
    struct run run;
    uint32_t next = 0;
    unsigned runs = 0;
    int more;

    table_begin(&cursor, &test->image.memory.source, &test->image.geometry, test->level,
                test->offset, test->own);
    while ((more = table_next(&cursor, &run, &why)) > 0) {
        assert_int_equal(run.index, next);
        assert_true(run.count > 0);
        check_elements(test, &run);
        next += run.count;
        runs++;
    }
    assert_int_equal(more, 0);
    assert_int_equal(next, test->image.geometry.nelems);
    assert_int_equal(table_next(&cursor, &run, &why), 0);
    return runs;
}

static void runs_equal_elements_one_by_one(void **state)
{
    struct prng prng = {1};
    unsigned char *own = malloc(SOURCE_CHUNK);

    (void)state;
    for (unsigned round = 0; round < 600; round++) {
        struct table_test test = {.level = round % 2 ? TABLE_L2 : TABLE_L1};
        uint32_t table_size = 1u << prng_below(&prng, 3);
        struct memory_source *memory = &test.image.memory;

        tiny_image_init(&test.image, table_size, 1 + (uint32_t)prng_below(&prng, 2), CLUSTERS,
                        CLUSTERS);
        memory->grain = round % 5 ? UINT64_C(8) << prng_below(&prng, 10) : 0;
        memory->most = prng_one_in(&prng, 3) ? 8 * (1 + prng_below(&prng, 40)) : 0;
        test.offset = tiny_offset(6 + prng_below(&prng, 8));
        test.own = prng_one_in(&prng, 2) ? own : NULL;
        tiny_image_fill(&test.image, &prng, test.offset,
                        test.level == TABLE_L1 ? test.image.geometry.table_size : TINY_CLUSTER);
        check_runs(&test);
        tiny_image_free(&test.image);
    }
    free(own);
}

/* The file may end anywhere in a table, in the middle of an element too. */
static void file_ends_inside_table(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct table_test test = {.level = round % 2 ? TABLE_L2 : TABLE_L1};

        tiny_image_init(&test.image, 2, 1, CLUSTERS, CLUSTERS);
        test.offset = tiny_offset(CLUSTERS - 2);
        tiny_image_fill(&test.image, &prng, test.offset, TINY_CLUSTER);
        test.image.memory.source.size -= prng_below(&prng, 2 * TINY_CLUSTER);
        test.image.memory.stored = test.image.memory.source.size;
        test.image.memory.grain = 8 * prng_below(&prng, 2);
        check_runs(&test);
        tiny_image_free(&test.image);
    }
}

static void long_runs_are_one_step(void **state)
{
    struct table_test test = {.level = TABLE_L2, .offset = tiny_offset(3)};

    (void)state;
    tiny_image_init(&test.image, 2, 1, 2000, 6);
    for (uint64_t i = 0; i < 1024; i++)
        tiny_image_set(&test.image, test.offset, i, tiny_offset(8 + i));
    assert_int_equal(check_runs(&test), 1);
    for (uint64_t i = 0; i < 1024; i++)
        tiny_image_set(&test.image, test.offset, i, 1);
    assert_int_equal(check_runs(&test), 1);
    memset(test.image.memory.bytes + test.offset, 0, 2 * TINY_CLUSTER);
    assert_int_equal(check_runs(&test), 1);
    tiny_image_free(&test.image);
}

static void class_at_every_boundary(void **state)
{
    struct tiny_image image;
    const struct geometry *geometry = &image.geometry;
    const struct {
        uint64_t value;
        enum element_reason in_l1, in_l2;
    } cases[] = {
        {2, REASON_UNALIGNED, REASON_UNALIGNED},
        {TINY_CLUSTER - 1, REASON_UNALIGNED, REASON_UNALIGNED},
        {tiny_offset(1), REASON_IN_HEADER, REASON_IN_HEADER},
        {tiny_offset(2), REASON_NONE, REASON_NONE},
        {tiny_offset(2) + 1, REASON_UNALIGNED, REASON_UNALIGNED},
        {tiny_offset(8), REASON_NONE, REASON_NONE},
        {tiny_offset(9), REASON_CUT, REASON_NONE},
        {tiny_offset(10), REASON_BEYOND_END, REASON_BEYOND_END},
        {UINT64_C(1) << 63, REASON_BEYOND_END, REASON_BEYOND_END},
        {0 - tiny_offset(2), REASON_BEYOND_END, REASON_BEYOND_END},
        {0 - tiny_offset(1), REASON_BEYOND_END, REASON_BEYOND_END},
        {UINT64_MAX, REASON_UNALIGNED, REASON_UNALIGNED},
    };

    (void)state;
    tiny_image_init(&image, 2, 2, 10, 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum element_reason reason;

        table_classify(geometry, TABLE_L1, cases[i].value, &reason);
        assert_int_equal(reason, cases[i].in_l1);
        table_classify(geometry, TABLE_L2, cases[i].value, &reason);
        assert_int_equal(reason, cases[i].in_l2);
    }
    assert_int_equal(table_classify(geometry, TABLE_L1, 1, NULL), ELEMENT_INVALID);
    assert_int_equal(table_classify(geometry, TABLE_L2, 1, NULL), ELEMENT_ZERO);
    tiny_image_free(&image);
}

/* Stretches that rise by one cluster across all boundaries, 2^64 included. */
static void rising_stretches_are_cut_at_boundaries(void **state)
{
    const uint64_t starts[] = {1,
                               tiny_offset(1),
                               tiny_offset(1) + 8,
                               tiny_offset(CLUSTERS - 3),
                               tiny_offset(CLUSTERS - 3) + 1,
                               0 - tiny_offset(4),
                               0 - tiny_offset(4) + 1,
                               tiny_offset(CLUSTERS) - tiny_offset(9)};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(starts); i++) {
        for (int level = TABLE_L1; level <= TABLE_L2; level++) {
            struct table_test test = {.level = (enum table_level)level, .offset = tiny_offset(10)};
            uint64_t step = level == TABLE_L1 ? 2 * TINY_CLUSTER : TINY_CLUSTER;

            tiny_image_init(&test.image, 2, 3, CLUSTERS, CLUSTERS);
            for (uint64_t index = 0; index < 40; index++)
                tiny_image_set(&test.image, test.offset, index + 5, starts[i] + index * step);
            check_runs(&test);
            tiny_image_free(&test.image);
        }
    }
}

static void tables_larger_than_a_chunk(void **state)
{
    struct table_test test = {.level = TABLE_L2, .offset = UINT64_C(1) << 20};
    struct prng prng = {3};

    (void)state;
    tiny_image_init(&test.image, 1, 1, 1, 1);
    tiny_image_free(&test.image);
    memory_source_init(&test.image.memory, UINT64_C(8) << 20, 4u << 20);
    test.image.header = (struct header){.magic = QED_MAGIC,
                                        .cluster_size = 1u << 20,
                                        .table_size = 1,
                                        .header_size = 1,
                                        .l1_table_offset = UINT64_C(2) << 20};
    tiny_image_update(&test.image);
    tiny_image_fill(&test.image, &prng, test.offset, 1u << 20);
    for (test.image.memory.grain = 0; test.image.memory.grain <= 4096;
         test.image.memory.grain += 4096)
        assert_true(check_runs(&test) > 1);
    tiny_image_free(&test.image);
}

static void failing_source_is_told(void **state)
{
    struct tiny_image image;
    struct table_cursor cursor;
    struct failure why = {0};
    struct run run;

    (void)state;
    tiny_image_init(&image, 1, 1, CLUSTERS, CLUSTERS);
    tiny_image_set(&image, tiny_offset(4), 7, 1);
    image.memory.calls_left = 0;
    table_begin(&cursor, &image.memory.source, &image.geometry, TABLE_L2, tiny_offset(4), NULL);
    assert_int_equal(table_next(&cursor, &run, &why), 1);
    assert_int_equal(run.count, 7);
    EXPECT_FAILURE(table_next(&cursor, &run, &why) < 0, &why, "out of calls");
    tiny_image_free(&image);
}

/* Elements 100 to 199 and the first half of 200 cannot be read. */
static void unreadable_elements_are_a_run(void **state)
{
    static const struct {
        uint64_t from, size;
        uint32_t first, count;
    } cases[] = {
        {800, 804, 100, 101}, {796, 12, 99, 2}, {0, 4096, 0, 512}, {4088, 8, 511, 1}, {0, 1, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tiny_image image;
        struct table_cursor cursor;
        struct failure why = {0};
        struct run run;
        uint32_t index = 0, lost = 0;

        tiny_image_init(&image, 1, 1, CLUSTERS, CLUSTERS);
        for (uint64_t element = 0; element < 512; element++)
            tiny_image_set(&image, tiny_offset(4), element, tiny_offset(10 + element % 2));
        image.memory.lost = (struct extent){tiny_offset(4) + cases[i].from, cases[i].size};
        table_begin(&cursor, &image.memory.source, &image.geometry, TABLE_L2, tiny_offset(4), NULL);
        while (table_next(&cursor, &run, &why) > 0) {
            bool inside = index >= cases[i].first && index < cases[i].first + cases[i].count;

            assert_int_equal(run.index, index);
            assert_int_equal(run.class, inside ? ELEMENT_UNREADABLE : ELEMENT_VALID);
            index += run.count;
            lost += run.class == ELEMENT_UNREADABLE ? run.count : 0;
        }
        assert_int_equal(index, 512);
        assert_int_equal(lost, cases[i].count);
        tiny_image_free(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_equal_elements_one_by_one),
        cmocka_unit_test(file_ends_inside_table),
        cmocka_unit_test(long_runs_are_one_step),
        cmocka_unit_test(class_at_every_boundary),
        cmocka_unit_test(rising_stretches_are_cut_at_boundaries),
        cmocka_unit_test(tables_larger_than_a_chunk),
        cmocka_unit_test(failing_source_is_told),
        cmocka_unit_test(unreadable_elements_are_a_run),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
