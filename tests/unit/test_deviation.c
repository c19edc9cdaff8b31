/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/deviation.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

/* Tables of two clusters: L1 at 1, L2 at 3. */
#define L2 tiny_offset(3)

struct deviation_test {
    struct tiny_image image;
    struct audit *audit;
    struct scrub scrub;
    struct deviation deviation;
};

static void begin(struct deviation_test *test)
{
    tiny_image_init(&test->image, 2, 1, 40, 40);
    tiny_image_set_l1(&test->image, 0, L2);
}

/* Scrubs, foretells, and looks for what deviates. */
static void find(struct deviation_test *test)
{
    const struct scrub_options options = {.faithful = false};
    struct source *source = &test->image.memory.source;
    struct scrub_forecast forecast;
    struct scrub_counts counts;
    struct failure why = {0};

    tiny_image_update(&test->image);
    test->audit = test_malloc(sizeof(*test->audit));
    EXPECT_OK(audit_run(test->audit, source, &(struct audit_options){.keep = 0}, &why), &why);
    EXPECT_OK(scrub_init(&test->scrub, source, test->audit, &options, &why), &why);
    EXPECT_OK(scrub_predict(&test->scrub, &forecast, &why), &why);
    counts = test->scrub.counts;
    EXPECT_OK(deviation_find(&test->deviation, &test->scrub, &forecast.qemu, &why), &why);
    assert_memory_equal(&counts, &test->scrub.counts, sizeof(counts));
}

static void end(struct deviation_test *test)
{
    scrub_free(&test->scrub);
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

static void assert_only(const struct deviation *deviation, int reason)
{
    for (int i = 0; i < DEVIATION_REASONS; i++)
        assert_int_equal(deviation->reasons[i], i == reason);
}

static void equal_figures_have_no_reason(void **state)
{
    struct deviation_test test;

    (void)state;
    begin(&test);
    tiny_image_set(&test.image, L2, 0, tiny_offset(10));
    tiny_image_set(&test.image, L2, 1, 77);
    find(&test);
    assert_only(&test.deviation, -1);
    assert_int_equal(test.deviation.table_count, 0);
    end(&test);
}

/* The two words of a table that data claim follow one another; the free clusters do not. */
static void tables_whose_order_differs_are_named(void **state)
{
    struct deviation_test test;
    const struct deviation_table *table = &test.deviation.tables[0];

    (void)state;
    begin(&test);
    tiny_image_set(&test.image, L2, 0, tiny_offset(38));
    tiny_image_set(&test.image, L2, 1, tiny_offset(39));
    tiny_image_set_l1(&test.image, 1, tiny_offset(6));
    for (uint64_t cluster = 8; cluster < 38; cluster++)
        tiny_image_set(&test.image, tiny_offset(6), cluster,
                       cluster == 9 ? 0 : tiny_offset(cluster));
    tiny_image_set(&test.image, tiny_offset(6), 100, L2);
    find(&test);
    assert_only(&test.deviation, DEVIATION_ORDER);
    assert_int_equal(test.deviation.table_count, 1);
    assert_int_equal(test.deviation.listed, 1);
    assert_int_equal(table->offset, L2);
    assert_int_equal(table->l1_index, 0);
    assert_int_equal(table->original_fragmented, 0);
    assert_int_equal(table->copy_fragmented, 1);
    end(&test);
}

/* Between claimed clusters there is no room for the table that a suspect word points at. */
static void a_lack_of_room_is_told(void **state)
{
    struct deviation_test test;

    (void)state;
    begin(&test);
    for (uint64_t i = 0; i < 100; i++)
        tiny_image_set_l1(&test.image, i, 77);
    tiny_image_set_l1(&test.image, 200, tiny_offset(30));
    tiny_image_set_l1(&test.image, 600, L2);
    for (uint64_t cluster = 6; cluster < 40; cluster += 2)
        tiny_image_set(&test.image, L2, cluster, tiny_offset(cluster));
    find(&test);
    assert_int_equal(test.scrub.belief.shortfall.tables, 1);
    assert_only(&test.deviation, DEVIATION_ROOM);
    end(&test);
}

static void a_refused_original_is_told(void **state)
{
    struct deviation_test test;

    (void)state;
    begin(&test);
    test.image.header.features = QED_F_BACKING_FILE;
    test.image.header.backing_filename_size = 5000;
    tiny_image_set(&test.image, L2, 1, 77);
    find(&test);
    assert_only(&test.deviation, DEVIATION_REFUSED);
    end(&test);
}

static void reasons_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < DEVIATION_REASONS; i++) {
        assert_true(strlen(deviation_name((enum deviation_reason)i)) > 0);
        assert_true(strlen(deviation_text((enum deviation_reason)i)) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_figures_have_no_reason),
        cmocka_unit_test(tables_whose_order_differs_are_named),
        cmocka_unit_test(a_lack_of_room_is_told),
        cmocka_unit_test(a_refused_original_is_told),
        cmocka_unit_test(reasons_have_names),
    };

    return cmocka_run_group_tests_name("deviation", tests, NULL, NULL);
}
