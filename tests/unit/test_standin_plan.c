/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/marker.h"
#include "qed/scrub.h"
#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 40u

/* Tables of four clusters; L1 at 1 to 4, of which two blocks are in use. */
#define L1 tiny_offset(1)

struct plan_test {
    struct tiny_image image;
    struct audit *audit;
    struct scrub scrub;
};

/* An L1 table whose first block is garbage, to which the test adds pointers. */
static void begin(struct plan_test *test)
{
    tiny_image_init(&test->image, 4, 1, CLUSTERS, CLUSTERS);
    for (uint64_t i = 0; i < 100; i++)
        tiny_image_set_l1(&test->image, i, UINT64_C(0x6f77737361700005));
}

static void plan(struct plan_test *test)
{
    struct source *source = &test->image.memory.source;
    struct failure why = {0};

    tiny_image_update(&test->image);
    test->audit = calloc(1, sizeof(*test->audit));
    assert_non_null(test->audit);
    EXPECT_OK(audit_run(test->audit, source, &(struct audit_options){.keep = 0}, &why), &why);
    EXPECT_OK(scrub_init(&test->scrub, source, test->audit, &(struct scrub_options){0}, &why),
              &why);
}

static void assert_same_figures(struct plan_test *test)
{
    struct scrub_forecast forecast;
    struct failure why = {0};

    EXPECT_OK(scrub_predict(&test->scrub, &forecast, &why), &why);
    assert_true(qemu_same(&forecast.qemu, &test->audit->qemu));
}

static void end(struct plan_test *test)
{
    scrub_free(&test->scrub);
    audit_free(test->audit);
    free(test->audit);
    tiny_image_free(&test->image);
}

static void assert_pointers(const struct plan_test *test, const uint64_t *clusters, size_t count)
{
    const struct belief *belief = &test->scrub.belief;

    assert_int_equal(belief->pointer_count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(belief->pointers[i], tiny_offset(clusters[i]));
}

/* Three tables in any order, of which the second is believed and stays. */
static void tables_move_to_the_first_places_with_room(void **state)
{
    struct plan_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 200, tiny_offset(30));
    tiny_image_set_l1(&test.image, 600, tiny_offset(10));
    tiny_image_set_l1(&test.image, 201, tiny_offset(20));
    tiny_image_set(&test.image, tiny_offset(30), 700, tiny_offset(35));
    tiny_image_set(&test.image, tiny_offset(20), 2, tiny_offset(36));
    tiny_image_set(&test.image, tiny_offset(10), 0, tiny_offset(37));
    plan(&test);
    assert_pointers(&test, (const uint64_t[]){5, 14}, 2);
    assert_int_equal(test.scrub.belief.block_count, 3);
    assert_int_equal(test.scrub.belief.blocks[1].offset, tiny_offset(6));
    assert_int_equal(test.scrub.belief.blocks[2].offset, tiny_offset(14));
    assert_same_figures(&test);
    end(&test);
}

/* Pointers that overlap claim two tables and a quarter: an empty table, one into it, L1. */
static void shared_pointers_claim_as_much(void **state)
{
    struct plan_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 200, tiny_offset(20));
    tiny_image_set_l1(&test.image, 201, tiny_offset(22));
    tiny_image_set_l1(&test.image, 202, tiny_offset(25));
    tiny_image_set_l1(&test.image, 203, tiny_offset(21));
    plan(&test);
    assert_pointers(&test, (const uint64_t[]){5, 9, 10, 1}, 4);
    assert_int_equal(test.scrub.belief.shortfall.clusters, 0);
    assert_same_figures(&test);
    end(&test);
}

/* Words of L2 tables claim what is left over, if there are any. */
static void words_claim_what_pointers_do_not(void **state)
{
    struct plan_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 200, tiny_offset(20));
    tiny_image_set_l1(&test.image, 201, tiny_offset(22));
    tiny_image_set(&test.image, tiny_offset(20), 5, 77);
    tiny_image_set(&test.image, tiny_offset(20), 6, 78);
    tiny_image_set(&test.image, tiny_offset(20), 7, 79);
    plan(&test);
    assert_pointers(&test, (const uint64_t[]){5, 1}, 2);
    assert_int_equal(test.scrub.belief.blocks[1].references, 2);
    assert_same_figures(&test);
    end(&test);
}

/* Between believed clusters that are never four apart no table finds room. */
static void a_table_without_room_is_said_to_be_lost(void **state)
{
    struct plan_test test;
    struct scrub_forecast forecast;
    struct failure why = {0};

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 600, tiny_offset(5));
    for (uint64_t cluster = 12; cluster < CLUSTERS; cluster += 4)
        tiny_image_set(&test.image, tiny_offset(5), cluster, tiny_offset(cluster));
    tiny_image_set_l1(&test.image, 200, tiny_offset(30));
    tiny_image_set(&test.image, tiny_offset(30), 0, tiny_offset(39));
    plan(&test);
    assert_pointers(&test, (const uint64_t[]){1}, 1);
    assert_int_equal(test.scrub.belief.shortfall.tables, 1);
    assert_int_equal(test.scrub.belief.block_count, 1);
    EXPECT_OK(scrub_predict(&test.scrub, &forecast, &why), &why);
    assert_int_equal(forecast.qemu.corruptions, test.audit->qemu.corruptions + 3);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_move_to_the_first_places_with_room),
        cmocka_unit_test(shared_pointers_claim_as_much),
        cmocka_unit_test(words_claim_what_pointers_do_not),
        cmocka_unit_test(a_table_without_room_is_said_to_be_lost),
    };

    return cmocka_run_group_tests_name("stand-in plan", tests, NULL, NULL);
}
