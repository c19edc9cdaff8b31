/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/belief.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 400u

/* Tables of two clusters: L1 at 1, then L2 tables at 3 and 5; clusters from 10 on are free. */
#define L1    tiny_offset(1)
#define FIRST tiny_offset(3)
#define OTHER tiny_offset(5)
#define DATA  10u

struct belief_test {
    struct tiny_image image;
    struct audit *audit;
    struct belief belief;
};

static void begin(struct belief_test *test)
{
    tiny_image_init(&test->image, 2, 1, CLUSTERS, 20);
    tiny_image_set_l1(&test->image, 0, FIRST);
    tiny_image_set_l1(&test->image, 1, OTHER);
}

static void judge(struct belief_test *test, bool faithful)
{
    struct source *source = &test->image.memory.source;
    struct failure why = {0};

    test->audit = calloc(1, sizeof(*test->audit));
    assert_non_null(test->audit);
    EXPECT_OK(audit_run(test->audit, source, &(struct audit_options){.keep = 0}, &why), &why);
    EXPECT_OK(belief_init(&test->belief, source, test->audit, faithful, &why), &why);
}

static void end(struct belief_test *test)
{
    belief_free(&test->belief);
    audit_free(test->audit);
    free(test->audit);
    tiny_image_free(&test->image);
}

/* Points count elements of a table from index on at clusters of their own from cluster on. */
static void fill(struct belief_test *test, uint64_t table, uint64_t index, uint64_t cluster,
                 uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        tiny_image_set(&test->image, table, index + i, tiny_offset(cluster + i));
}

/* Text that no offset looks like. */
static void overwrite(struct belief_test *test, uint64_t table, uint64_t index, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        tiny_image_set(&test->image, table, index + i, UINT64_C(0x6f77737361700000) + 16 * i + 5);
}

static enum belief_reason reason_of(const struct belief_test *test, uint64_t offset)
{
    const struct table_ref *table = inventory_find(&test->audit->inventory, offset);

    assert_non_null(table);
    return test->belief.tables[table - test->audit->inventory.tables].reason;
}

static void sound_tables_are_believed(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 100);
    fill(&test, OTHER, 500, DATA + 100, 50);
    tiny_image_set(&test.image, OTHER, 700, QED_ZERO_CLUSTER);
    judge(&test, false);
    assert_int_equal(test.belief.block_count, 0);
    end(&test);
}

/* Two bad words, and one more for every eight good ones, are damage; more is no table. */
static void bad_words_are_forgiven_up_to_a_share(void **state)
{
    (void)state;
    for (unsigned bad = 11; bad <= 13; bad++) {
        struct belief_test test;

        begin(&test);
        fill(&test, FIRST, 0, DATA, 80);
        overwrite(&test, FIRST, 200, bad);
        judge(&test, false);
        assert_int_equal(reason_of(&test, FIRST), bad <= 12 ? BELIEVED : SUSPECT_CONTENT);
        assert_int_equal(test.belief.block_count, bad <= 12 ? 0 : 1);
        end(&test);
    }
}

/* In a table that is sane as a whole only the block is suspect that is not. */
static void a_block_is_judged_by_itself(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 200);
    overwrite(&test, FIRST, 600, 5);
    judge(&test, false);
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    assert_int_equal(test.belief.block_count, 1);
    assert_null(belief_find(&test.belief, FIRST));
    assert_non_null(belief_find(&test.belief, FIRST + BLOCK_SIZE));
    assert_non_null(belief_find(&test.belief, FIRST + 2 * BLOCK_SIZE - 1));
    assert_null(belief_find(&test.belief, FIRST + 2 * BLOCK_SIZE));
    assert_int_equal(test.belief.blocks[0].words, 5);
    assert_int_equal(test.belief.blocks[0].fresh, 0);
    end(&test);
}

static void a_table_that_data_claim_is_suspect(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 10);
    fill(&test, OTHER, 0, DATA + 10, 10);
    tiny_image_set(&test.image, OTHER, 20, FIRST + TINY_CLUSTER);
    judge(&test, false);
    assert_int_equal(reason_of(&test, FIRST), SUSPECT_SHARED);
    assert_int_equal(reason_of(&test, OTHER), BELIEVED);
    assert_int_equal(test.belief.blocks[0].words, 10);
    assert_int_equal(test.belief.blocks[0].fresh, 10);
    assert_int_equal(test.belief.blocks[0].adjacent, 9);
    end(&test);
}

/* Data on the first or last cluster of a table, next to it, and nowhere near. */
static void each_cluster_of_a_table_counts(void **state)
{
    (void)state;
    for (uint64_t cluster = 1; cluster < 60; cluster++) {
        struct belief_test test;

        begin(&test);
        fill(&test, FIRST, 0, DATA, 10);
        fill(&test, OTHER, 0, DATA + 50, 10);
        tiny_image_set(&test.image, OTHER, 20, tiny_offset(cluster));
        judge(&test, false);
        assert_int_equal(reason_of(&test, FIRST),
                         cluster == 3 || cluster == 4 ? SUSPECT_SHARED : BELIEVED);
        assert_int_equal(reason_of(&test, OTHER),
                         cluster == 5 || cluster == 6 ? SUSPECT_SHARED : BELIEVED);
        end(&test);
    }
}

/* What a table of garbage refers to does not count against others. */
static void garbage_does_not_drag_down_good_tables(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 40);
    overwrite(&test, OTHER, 0, 100);
    for (uint64_t i = 0; i < 40; i++)
        tiny_image_set(&test.image, OTHER, 200 + i, tiny_offset(DATA + i));
    tiny_image_set(&test.image, OTHER, 300, FIRST);
    judge(&test, false);
    assert_int_equal(reason_of(&test, OTHER), SUSPECT_CONTENT);
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    end(&test);
}

/* Scattered ones are an array of a guest's; a few runs of zero clusters are not. */
static void arrays_of_ones_are_suspect(void **state)
{
    (void)state;
    for (unsigned runs = 8; runs <= 9; runs++) {
        struct belief_test test;

        begin(&test);
        for (unsigned i = 0; i < runs; i++)
            tiny_image_set(&test.image, FIRST, 3 * i, QED_ZERO_CLUSTER);
        judge(&test, false);
        assert_int_equal(test.belief.block_count, runs > 8);
        end(&test);
    }
}

static void tables_behind_a_suspect_l1_block_are_left_out(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 10);
    tiny_image_set_l1(&test.image, 600, tiny_offset(DATA + 10));
    overwrite(&test, L1, 601, 5);
    judge(&test, false);
    assert_int_equal(reason_of(&test, L1), BELIEVED);
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    assert_int_equal(reason_of(&test, tiny_offset(DATA + 10)), SUSPECT_L1);
    end(&test);
}

/* An L1 table full of garbage leads to nothing. */
static void a_garbage_l1_table_is_not_believed(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 10);
    overwrite(&test, L1, 10, 500);
    judge(&test, false);
    assert_int_equal(reason_of(&test, L1), SUSPECT_L1);
    assert_int_equal(reason_of(&test, FIRST), SUSPECT_L1);
    end(&test);
}

static void the_faithful_believe_everything(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    overwrite(&test, FIRST, 0, 1000);
    judge(&test, true);
    assert_int_equal(test.belief.block_count, 0);
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_tables_are_believed),
        cmocka_unit_test(bad_words_are_forgiven_up_to_a_share),
        cmocka_unit_test(a_block_is_judged_by_itself),
        cmocka_unit_test(a_table_that_data_claim_is_suspect),
        cmocka_unit_test(each_cluster_of_a_table_counts),
        cmocka_unit_test(garbage_does_not_drag_down_good_tables),
        cmocka_unit_test(arrays_of_ones_are_suspect),
        cmocka_unit_test(tables_behind_a_suspect_l1_block_are_left_out),
        cmocka_unit_test(a_garbage_l1_table_is_not_believed),
        cmocka_unit_test(the_faithful_believe_everything),
    };

    return cmocka_run_group_tests_name("belief", tests, NULL, NULL);
}
