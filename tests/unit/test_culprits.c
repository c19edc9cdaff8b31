/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/culprits.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

/* An audit names culprits by itself; what is tested is whom it names. */
struct culprits_test {
    struct tiny_image image;
    struct audit *audit;
};

/* L1 at 1, L2 tables at 3 and 5, data from 7 on. */
static void begin(struct culprits_test *test)
{
    tiny_image_init(&test->image, 2, 1, 24, 24);
    test->audit = test_malloc(sizeof(*test->audit));
    tiny_image_set_l1(&test->image, 0, tiny_offset(3));
    tiny_image_set_l1(&test->image, 1, tiny_offset(5));
    for (uint64_t i = 0; i < 8; i++)
        tiny_image_set(&test->image, tiny_offset(3), 10 + i, tiny_offset(7 + i));
}

static void set(struct culprits_test *test, uint64_t index, uint64_t cluster)
{
    tiny_image_set(&test->image, tiny_offset(5), index, tiny_offset(cluster));
}

static void audit_now(struct culprits_test *test, size_t keep)
{
    const struct audit_options options = {.keep = keep};
    struct failure why = {0};

    EXPECT_OK(audit_run(test->audit, &test->image.memory.source, &options, &why), &why);
}

static void end(struct culprits_test *test)
{
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

static void named(const struct culprits_test *test, enum finding_kind kind, size_t i,
                  struct claimant expected)
{
    const struct finding_list *list = &test->audit->findings.kinds[kind];
    const struct claimant *other;

    assert_true(i < list->kept);
    other = &list->list[i].other;
    assert_int_equal(other->role, expected.role);
    assert_int_equal(other->l1_index, expected.l1_index);
    assert_int_equal(other->l2_index, expected.l2_index);
}

static void data_claimed_by_data(void **state)
{
    struct culprits_test test;

    (void)state;
    begin(&test);
    set(&test, 0, 9);
    set(&test, 5, 14);
    audit_now(&test, 5);
    named(&test, FINDING_DUPLICATE, 0, (struct claimant){CLAIMANT_DATA, 0, 12});
    named(&test, FINDING_DUPLICATE, 1, (struct claimant){CLAIMANT_DATA, 0, 17});
    end(&test);
}

static void data_claimed_by_tables(void **state)
{
    struct culprits_test test;

    (void)state;
    begin(&test);
    set(&test, 0, 2);
    set(&test, 2, 4);
    set(&test, 4, 5);
    audit_now(&test, 5);
    named(&test, FINDING_DUPLICATE, 0,
          (struct claimant){CLAIMANT_L1, FINDING_NOWHERE, FINDING_NOWHERE});
    named(&test, FINDING_DUPLICATE, 1, (struct claimant){CLAIMANT_L2, 0, FINDING_NOWHERE});
    named(&test, FINDING_DUPLICATE, 2, (struct claimant){CLAIMANT_L2, 1, FINDING_NOWHERE});
    end(&test);
}

static void tables_claimed_by_tables_and_data(void **state)
{
    struct culprits_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 2, tiny_offset(3));
    tiny_image_set_l1(&test.image, 3, tiny_offset(13));
    tiny_image_set_l1(&test.image, 4, tiny_offset(2));
    tiny_image_set_l1(&test.image, 5, tiny_offset(15));
    tiny_image_set_l1(&test.image, 6, tiny_offset(16));
    audit_now(&test, 5);
    named(&test, FINDING_TABLE_SHARED, 0, (struct claimant){CLAIMANT_L2, 0, FINDING_NOWHERE});
    named(&test, FINDING_TABLE_SHARED, 1, (struct claimant){CLAIMANT_DATA, 0, 16});
    named(&test, FINDING_TABLE_SHARED, 2,
          (struct claimant){CLAIMANT_L1, FINDING_NOWHERE, FINDING_NOWHERE});
    named(&test, FINDING_TABLE_SHARED, 3, (struct claimant){CLAIMANT_L2, 5, FINDING_NOWHERE});
    end(&test);
}

/* A table whose second cluster alone is taken: the claimant of that one is named. */
static void second_cluster_of_a_table(void **state)
{
    struct culprits_test test;

    (void)state;
    begin(&test);
    set(&test, 3, 17);
    tiny_image_set_l1(&test.image, 2, tiny_offset(16));
    audit_now(&test, 5);
    named(&test, FINDING_TABLE_SHARED, 0, (struct claimant){CLAIMANT_DATA, 1, 3});
    end(&test);
}

/* The second of three claims names the first, and so does the third. */
static void the_first_of_many_is_named(void **state)
{
    struct culprits_test test;

    (void)state;
    begin(&test);
    for (uint64_t i = 0; i < 12; i += 2)
        set(&test, i, 10);
    audit_now(&test, 5);
    assert_int_equal(test.audit->findings.kinds[FINDING_DUPLICATE].kept, 5);
    assert_int_equal(test.audit->findings.kinds[FINDING_DUPLICATE].total, 6);
    for (size_t i = 0; i < 5; i++)
        named(&test, FINDING_DUPLICATE, i, (struct claimant){CLAIMANT_DATA, 0, 13});
    end(&test);
}

static void nothing_is_looked_for_in_vain(void **state)
{
    struct culprits_test test;
    struct failure why = {0};

    (void)state;
    begin(&test);
    set(&test, 0, 9);
    audit_now(&test, 0);
    test.image.memory.calls_left = 0;
    EXPECT_OK(culprits_name(test.audit, &test.image.memory.source, &why), &why);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_claimed_by_data),
        cmocka_unit_test(data_claimed_by_tables),
        cmocka_unit_test(tables_claimed_by_tables_and_data),
        cmocka_unit_test(second_cluster_of_a_table),
        cmocka_unit_test(the_first_of_many_is_named),
        cmocka_unit_test(nothing_is_looked_for_in_vain),
    };

    return cmocka_run_group_tests_name("culprits", tests, NULL, NULL);
}
