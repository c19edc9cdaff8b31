/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/judge.h"

#include "qed/marker.h"
#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 400u

/* Tables of two clusters: L1 at 1, then L2 tables at 3 and 5; clusters from 10 on are free. */
#define L1    tiny_offset(1)
#define FIRST tiny_offset(3)
#define OTHER tiny_offset(5)
#define DATA  10u

struct judge_test {
    struct tiny_image image;
    struct audit *audit;
    struct judge judge;
};

static void begin(struct judge_test *test)
{
    *test = (struct judge_test){0};
    tiny_image_init(&test->image, 2, 1, CLUSTERS, 20);
    tiny_image_set_l1(&test->image, 0, FIRST);
    tiny_image_set_l1(&test->image, 1, OTHER);
}

static void judge_now(struct judge_test *test)
{
    struct source *source = &test->image.memory.source;
    struct failure why = {0};

    tiny_image_update(&test->image);
    test->audit = calloc(1, sizeof(*test->audit));
    assert_non_null(test->audit);
    EXPECT_OK(audit_run(test->audit, source, &(struct audit_options){.keep = 0}, &why), &why);
    EXPECT_OK(judge_init(&test->judge, source, test->audit, &why), &why);
}

static void end(struct judge_test *test)
{
    judge_free(&test->judge);
    audit_free(test->audit);
    free(test->audit);
    tiny_image_free(&test->image);
}

/* Whether the block at offset is suspect; it must hold a word. */
static bool suspects(struct judge_test *test, uint64_t offset)
{
    struct block_cursor block;
    struct failure why = {0};

    block_begin(&block, &test->image.memory.source, &test->audit->inventory);
    block_seek(&block, offset);
    assert_int_equal(block_next(&block, &why), 1);
    assert_int_equal(block.offset, offset);
    return judge_suspects(&test->judge, &block);
}

static unsigned count_suspects(struct judge_test *test)
{
    struct block_cursor block;
    struct failure why = {0};
    unsigned count = 0;

    block_begin(&block, &test->image.memory.source, &test->audit->inventory);
    while (block_next(&block, &why) > 0)
        count += judge_suspects(&test->judge, &block);
    return count;
}

/* Points count elements of a table from index on at clusters of their own from cluster on. */
static void fill(struct judge_test *test, uint64_t table, uint64_t index, uint64_t cluster,
                 uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        tiny_image_set(&test->image, table, index + i, tiny_offset(cluster + i));
}

/* Text that no offset looks like. */
static void overwrite(struct judge_test *test, uint64_t table, uint64_t index, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        tiny_image_set(&test->image, table, index + i, UINT64_C(0x6f77737361700000) + 16 * i + 5);
}

static enum belief_reason reason_of(const struct judge_test *test, uint64_t offset)
{
    const struct table_ref *table = inventory_find(&test->audit->inventory, offset);

    assert_non_null(table);
    return test->judge.reasons[table - test->audit->inventory.tables];
}

static void assert_needed(struct judge_test *test, bool expected)
{
    struct source *source = &test->image.memory.source;
    struct failure why = {0};
    bool needed;

    test->audit = calloc(1, sizeof(*test->audit));
    assert_non_null(test->audit);
    EXPECT_OK(audit_run(test->audit, source, &(struct audit_options){.keep = 0}, &why), &why);
    EXPECT_OK(judge_is_needed(source, test->audit, &needed, &why), &why);
    assert_int_equal(needed, expected);
    end(test);
}

/* Sound tables, with or without a first write in front, need no judge; anything odd does. */
static void not_every_image_needs_a_judge(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 2, tiny_offset(18));
    fill(&test, tiny_offset(18), 100, 13, 5);
    fill(&test, FIRST, 0, DATA + 20, 30);
    assert_needed(&test, false);
    begin(&test);
    tiny_image_set_l1(&test.image, 2, tiny_offset(18));
    fill(&test, tiny_offset(18), 100, 13, 4);
    assert_needed(&test, true);
    begin(&test);
    tiny_image_set(&test.image, FIRST, 7, QED_ZERO_CLUSTER);
    assert_needed(&test, true);
    begin(&test);
    tiny_image_set(&test.image, FIRST, 7, 7);
    assert_needed(&test, true);
}

static void sound_tables_are_believed(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 100);
    fill(&test, OTHER, 500, DATA + 100, 50);
    tiny_image_set(&test.image, OTHER, 700, QED_ZERO_CLUSTER);
    judge_now(&test);
    assert_int_equal(count_suspects(&test), 0);
    end(&test);
}

/* Two bad words, and one more for every eight good ones, are damage; more is no table. */
static void bad_words_are_forgiven_up_to_a_share(void **state)
{
    (void)state;
    for (unsigned bad = 11; bad <= 13; bad++) {
        struct judge_test test;

        begin(&test);
        fill(&test, FIRST, 0, DATA, 80);
        overwrite(&test, FIRST, 200, bad);
        judge_now(&test);
        assert_int_equal(reason_of(&test, FIRST), bad <= 12 ? BELIEVED : SUSPECT_CONTENT);
        assert_int_equal(count_suspects(&test), bad <= 12 ? 0 : 1);
        end(&test);
    }
}

/* In a table that is sane as a whole only the block is suspect that is not. */
static void a_block_is_judged_by_itself(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 200);
    overwrite(&test, FIRST, 600, 5);
    judge_now(&test);
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    assert_false(suspects(&test, FIRST));
    assert_true(suspects(&test, FIRST + BLOCK_SIZE));
    end(&test);
}

/* What is good in a suspect block speaks for no other. */
static void only_plausible_blocks_speak_for_a_table(void **state)
{
    (void)state;
    for (unsigned bad = 3; bad <= 4; bad++) {
        struct judge_test test;

        begin(&test);
        fill(&test, FIRST, 0, DATA, 100);
        overwrite(&test, FIRST, 200, 15);
        fill(&test, FIRST, 512, DATA + 100, 8);
        overwrite(&test, FIRST, 800, bad - 3);
        judge_now(&test);
        assert_true(suspects(&test, FIRST));
        assert_int_equal(reason_of(&test, FIRST), SUSPECT_CONTENT);
        end(&test);
    }
}

static void a_table_that_data_claim_is_suspect(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 10);
    fill(&test, OTHER, 0, DATA + 10, 10);
    tiny_image_set(&test.image, OTHER, 20, FIRST + TINY_CLUSTER);
    judge_now(&test);
    assert_int_equal(reason_of(&test, FIRST), SUSPECT_SHARED);
    assert_int_equal(reason_of(&test, OTHER), BELIEVED);
    end(&test);
}

/* Data on the first or last cluster of a table, next to it, and nowhere near. */
static void each_cluster_of_a_table_counts(void **state)
{
    (void)state;
    for (uint64_t cluster = 1; cluster < 60; cluster++) {
        struct judge_test test;

        begin(&test);
        fill(&test, FIRST, 0, DATA, 10);
        fill(&test, OTHER, 0, DATA + 50, 10);
        tiny_image_set(&test.image, OTHER, 20, tiny_offset(cluster));
        judge_now(&test);
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
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 40);
    overwrite(&test, OTHER, 0, 100);
    for (uint64_t i = 0; i < 40; i++)
        tiny_image_set(&test.image, OTHER, 200 + i, tiny_offset(DATA + i));
    tiny_image_set(&test.image, OTHER, 300, FIRST);
    judge_now(&test);
    assert_int_equal(reason_of(&test, OTHER), SUSPECT_CONTENT);
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    end(&test);
}

/* Scattered ones are an array of a guest's; a few runs of zero clusters are not. */
static void arrays_of_ones_are_suspect(void **state)
{
    (void)state;
    for (unsigned runs = 8; runs <= 9; runs++) {
        struct judge_test test;

        begin(&test);
        for (unsigned i = 0; i < runs; i++)
            tiny_image_set(&test.image, FIRST, 3 * i, QED_ZERO_CLUSTER);
        judge_now(&test);
        assert_int_equal(count_suspects(&test), runs > 8);
        end(&test);
    }
}

/* Half of the words are behind the end: all but the first of those go on from what was there. */
static void a_cut_file_leaves_believable_tables(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, CLUSTERS - 30, 60);
    judge_now(&test);
    assert_int_equal(count_suspects(&test), 0);
    end(&test);
    begin(&test);
    fill(&test, FIRST, 0, CLUSTERS - 30, 30);
    for (unsigned i = 0; i < 30; i++)
        tiny_image_set(&test.image, FIRST, 30 + i, tiny_offset(CLUSTERS + 2 * i));
    judge_now(&test);
    assert_int_equal(reason_of(&test, FIRST), SUSPECT_CONTENT);
    end(&test);
}

/* Unaligned words that rise are no table that was cut. */
static void only_offsets_go_on(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    for (unsigned i = 0; i < 30; i++)
        tiny_image_set(&test.image, FIRST, i, tiny_offset(CLUSTERS + i) + 99);
    judge_now(&test);
    assert_int_equal(reason_of(&test, FIRST), SUSPECT_CONTENT);
    end(&test);
}

static void markers_are_not_held_against_a_table(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 3);
    for (unsigned i = 0; i < 100; i++)
        tiny_image_set(&test.image, FIRST, 10 + i, STANDIN_MARKER + i % 7 * TINY_CLUSTER);
    tiny_image_set_l1(&test.image, 7, STANDIN_MARKER);
    tiny_image_set_l1(&test.image, 8, STANDIN_MARKER);
    tiny_image_set_l1(&test.image, 9, STANDIN_MARKER);
    judge_now(&test);
    assert_int_equal(count_suspects(&test), 0);
    end(&test);
}

static void blocks_of_l1_are_judged_one_by_one_where_it_belongs(void **state)
{
    struct judge_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, DATA, 10);
    tiny_image_set_l1(&test.image, 600, tiny_offset(DATA + 10));
    overwrite(&test, L1, 601, 400);
    judge_now(&test);
    assert_int_equal(reason_of(&test, L1), BELIEVED);
    assert_false(suspects(&test, L1));
    assert_true(suspects(&test, L1 + BLOCK_SIZE));
    assert_int_equal(reason_of(&test, FIRST), BELIEVED);
    assert_int_equal(reason_of(&test, tiny_offset(DATA + 10)), SUSPECT_L1);
    assert_true(claims_holds(&test.judge.pointed, 3));
    assert_false(claims_holds(&test.judge.pointed, DATA + 10));
    end(&test);
}

/* Further on in the file, where bad words in all blocks count together. */
static void l1_elsewhere_is_judged_as_a_whole(void **state)
{
    const uint64_t l1 = tiny_offset(12), table = tiny_offset(14);

    (void)state;
    for (unsigned bad = 2; bad <= 3; bad++) {
        struct judge_test test;

        begin(&test);
        test.image.header.l1_table_offset = l1;
        tiny_image_set(&test.image, l1, 0, table);
        tiny_image_set(&test.image, l1, 1, tiny_offset(16));
        overwrite(&test, l1, 600, 1);
        overwrite(&test, l1, 20, bad - 1);
        fill(&test, table, 0, 20, 10);
        judge_now(&test);
        assert_int_equal(reason_of(&test, l1), bad == 2 ? BELIEVED : SUSPECT_L1);
        assert_int_equal(reason_of(&test, table), bad == 2 ? BELIEVED : SUSPECT_L1);
        assert_int_equal(suspects(&test, l1), bad == 3);
        end(&test);
    }
}

/* The write that a table was made for lies right in front of it, all others behind it. */
static void only_the_first_write_lies_in_front_of_its_table(void **state)
{
    const uint64_t table = tiny_offset(13);

    (void)state;
    for (unsigned gap = 0; gap < 2; gap++) {
        struct judge_test test;

        begin(&test);
        tiny_image_set_l1(&test.image, 2, table);
        overwrite(&test, OTHER, 0, 100);
        fill(&test, table, 400, 8 - gap, 5);
        fill(&test, table, 405, DATA + 10, 10);
        judge_now(&test);
        assert_int_equal(suspects(&test, table), gap);
        end(&test);
    }
}

/* What nothing speaks for is not believed if it would tell anything. */
static void doubtful_words_need_good_ones(void **state)
{
    (void)state;
    for (unsigned good = 0; good < 2; good++) {
        struct judge_test test;

        begin(&test);
        tiny_image_set(&test.image, OTHER, 3, FIRST - TINY_CLUSTER);
        fill(&test, OTHER, 4, DATA, good);
        overwrite(&test, FIRST, 0, 2);
        judge_now(&test);
        assert_int_equal(reason_of(&test, OTHER), good ? BELIEVED : SUSPECT_CONTENT);
        assert_int_equal(reason_of(&test, FIRST), BELIEVED);
        end(&test);
    }
}

/* Pointers at one table, and at the L1 table itself. */
static void pointers_that_share_are_bad(void **state)
{
    (void)state;
    for (unsigned shared = 2; shared <= 3; shared++) {
        struct judge_test test;

        begin(&test);
        tiny_image_set_l1(&test.image, 5, L1);
        tiny_image_set_l1(&test.image, 6, FIRST + TINY_CLUSTER);
        tiny_image_set_l1(&test.image, 7, shared == 2 ? 0 : OTHER);
        judge_now(&test);
        assert_int_equal(suspects(&test, L1), shared == 3);
        end(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_every_image_needs_a_judge),
        cmocka_unit_test(sound_tables_are_believed),
        cmocka_unit_test(bad_words_are_forgiven_up_to_a_share),
        cmocka_unit_test(a_block_is_judged_by_itself),
        cmocka_unit_test(only_plausible_blocks_speak_for_a_table),
        cmocka_unit_test(a_table_that_data_claim_is_suspect),
        cmocka_unit_test(each_cluster_of_a_table_counts),
        cmocka_unit_test(garbage_does_not_drag_down_good_tables),
        cmocka_unit_test(arrays_of_ones_are_suspect),
        cmocka_unit_test(a_cut_file_leaves_believable_tables),
        cmocka_unit_test(only_offsets_go_on),
        cmocka_unit_test(markers_are_not_held_against_a_table),
        cmocka_unit_test(blocks_of_l1_are_judged_one_by_one_where_it_belongs),
        cmocka_unit_test(l1_elsewhere_is_judged_as_a_whole),
        cmocka_unit_test(only_the_first_write_lies_in_front_of_its_table),
        cmocka_unit_test(doubtful_words_need_good_ones),
        cmocka_unit_test(pointers_that_share_are_bad),
    };

    return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
