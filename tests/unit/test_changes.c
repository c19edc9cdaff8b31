/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/changes.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 60

/* Two states of an image with tables 3 and 5 (two clusters each), and what is between them. */
struct changes_test {
    struct tiny_image images[2];
    struct audit *audits[2];
    struct changes_side sides[2];
    struct changes changes;
};

static void fill(struct tiny_image *image)
{
    tiny_image_init(image, 2, 1, CLUSTERS, CLUSTERS);
    tiny_image_set_l1(image, 0, tiny_offset(3));
    tiny_image_set_l1(image, 7, tiny_offset(5));
    for (uint64_t i = 0; i < 10; i++)
        tiny_image_set(image, tiny_offset(3), i, tiny_offset(10 + i));
    tiny_image_set(image, tiny_offset(5), 100, tiny_offset(30));
    tiny_image_set(image, tiny_offset(5), 101, 1);
    tiny_image_set(image, tiny_offset(5), 102, 7);
}

static void begin(struct changes_test *test)
{
    for (int i = 0; i < 2; i++) {
        fill(&test->images[i]);
        test->audits[i] = test_malloc(sizeof(struct audit));
        test->sides[i] = (struct changes_side){.source = &test->images[i].memory.source,
                                               .audit = test->audits[i]};
    }
}

static void find(struct changes_test *test, size_t keep)
{
    const struct audit_options options = {.keep = 1};
    struct failure why = {0};

    for (int i = 0; i < 2; i++)
        EXPECT_OK(audit_run(test->audits[i], test->sides[i].source, &options, &why), &why);
    assert_true(changes_can_compare(test->audits[0], test->audits[1]));
    EXPECT_OK(changes_find(&test->changes, &test->sides[0], &test->sides[1], keep, &why), &why);
}

static void end(struct changes_test *test)
{
    changes_free(&test->changes);
    for (int i = 0; i < 2; i++) {
        audit_free(test->audits[i]);
        test_free(test->audits[i]);
        tiny_image_free(&test->images[i]);
    }
}

static void nothing_changed(void **state)
{
    struct changes_test test;

    (void)state;
    begin(&test);
    find(&test, 8);
    assert_false(changes_any(&test.changes));
    end(&test);
}

/* Sets an element of table 5 in the second state, and expects one change of one cluster. */
static void expect_one(uint64_t index, uint64_t value, enum change_kind kind, uint64_t before,
                       uint64_t after)
{
    struct changes_test test;
    const struct change_list *list = &test.changes.kinds[kind];

    begin(&test);
    tiny_image_set(&test.images[1], tiny_offset(5), index, value);
    find(&test, 8);
    for (unsigned other = 0; other < CHANGE_KINDS; other++)
        assert_int_equal(test.changes.kinds[other].ranges, other == kind);
    assert_int_equal(list->clusters, 1);
    assert_int_equal(list->kept, 1);
    assert_int_equal(list->list[0].cluster, 7 * 1024 + index);
    assert_int_equal(list->list[0].count, 1);
    assert_true(list->list[0].before == before && list->list[0].after == after);
    end(&test);
}

static void each_kind_of_change(void **state)
{
    const uint64_t nowhere = FINDING_NOWHERE;

    (void)state;
    expect_one(0, tiny_offset(40), CHANGE_ALLOCATED, nowhere, tiny_offset(40));
    expect_one(1023, tiny_offset(40), CHANGE_ALLOCATED, nowhere, tiny_offset(40));
    expect_one(101, tiny_offset(40), CHANGE_ALLOCATED, nowhere, tiny_offset(40));
    expect_one(100, 0, CHANGE_FREED, tiny_offset(30), nowhere);
    expect_one(101, 0, CHANGE_FREED, nowhere, nowhere);
    expect_one(100, tiny_offset(41), CHANGE_MOVED, tiny_offset(30), tiny_offset(41));
    expect_one(100, 1, CHANGE_ZEROED, tiny_offset(30), nowhere);
    expect_one(0, 1, CHANGE_ZEROED, nowhere, nowhere);
    expect_one(0, 5, CHANGE_DAMAGED, nowhere, nowhere);
    expect_one(100, tiny_offset(99), CHANGE_DAMAGED, tiny_offset(30), nowhere);
    expect_one(102, 9, CHANGE_DAMAGED, nowhere, nowhere);
    expect_one(102, 0, CHANGE_MENDED, nowhere, nowhere);
    expect_one(102, tiny_offset(50), CHANGE_MENDED, nowhere, tiny_offset(50));
}

static void neighbours_are_joined(void **state)
{
    struct changes_test test;
    const struct change_list *moved = &test.changes.kinds[CHANGE_MOVED];

    (void)state;
    begin(&test);
    for (uint64_t i = 2; i < 8; i++)
        tiny_image_set(&test.images[1], tiny_offset(3), i, tiny_offset(40 + i));
    tiny_image_set(&test.images[1], tiny_offset(3), 8, tiny_offset(55));
    find(&test, 1);
    assert_int_equal(moved->clusters, 7);
    assert_int_equal(moved->ranges, 2);
    assert_int_equal(moved->kept, 1);
    assert_int_equal(moved->list[0].cluster, 2);
    assert_int_equal(moved->list[0].count, 6);
    assert_int_equal(moved->list[0].before, tiny_offset(12));
    assert_int_equal(moved->list[0].after, tiny_offset(42));
    end(&test);
}

static void tables_come_go_and_move(void **state)
{
    struct changes_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.images[1], 0, 0);
    tiny_image_set_l1(&test.images[1], 7, tiny_offset(40));
    tiny_image_set(&test.images[1], tiny_offset(40), 100, tiny_offset(30));
    tiny_image_set(&test.images[1], tiny_offset(40), 101, 1);
    tiny_image_set(&test.images[1], tiny_offset(40), 102, 7);
    tiny_image_set_l1(&test.images[1], 9, tiny_offset(44));
    find(&test, 8);
    assert_int_equal(test.changes.tables_gone, 1);
    assert_int_equal(test.changes.tables_moved, 1);
    assert_int_equal(test.changes.tables_added, 1);
    assert_int_equal(test.changes.tables_kept, 3);
    assert_int_equal(test.changes.tables[0].l1_index, 0);
    assert_true(test.changes.tables[0].after == FINDING_NOWHERE);
    assert_int_equal(test.changes.tables[1].before, tiny_offset(5));
    assert_int_equal(test.changes.tables[1].after, tiny_offset(40));
    assert_int_equal(test.changes.tables[2].l1_index, 9);
    assert_int_equal(test.changes.kinds[CHANGE_FREED].clusters, 10);
    for (unsigned kind = CHANGE_MOVED; kind < CHANGE_KINDS; kind++)
        assert_int_equal(test.changes.kinds[kind].ranges, 0);
    end(&test);
}

/* In a metadata image a marker is as invalid as what it stands for, and stand-ins say nothing. */
static void redacted_states_are_compared_as_far_as_they_tell(void **state)
{
    struct changes_test test;
    const uint64_t suspect[] = {tiny_offset(3)};

    (void)state;
    begin(&test);
    tiny_image_set(&test.images[1], tiny_offset(5), 102, UINT64_C(0x4445544341444552));
    tiny_image_set(&test.images[1], tiny_offset(3), 0, tiny_offset(50));
    test.sides[1].redacted = true;
    test.sides[1].suspect = suspect;
    test.sides[1].suspect_count = 1;
    find(&test, 8);
    assert_false(changes_any(&test.changes));
    assert_int_equal(test.changes.tables_left_out, 1);
    end(&test);
    begin(&test);
    tiny_image_set_l1(&test.images[1], 0, 0);
    test.sides[1].suspect = suspect;
    test.sides[1].suspect_count = 1;
    find(&test, 8);
    assert_false(changes_any(&test.changes));
    assert_int_equal(test.changes.tables_left_out, 1);
    end(&test);
}

/* What happens to one element, told from the elements alone. */
static int naive_kind(const struct changes_test *test, uint64_t before, uint64_t after)
{
    const struct geometry *geometry = &test->images[0].geometry;
    enum element_class from = table_classify(geometry, TABLE_L2, before, NULL);
    enum element_class to = table_classify(geometry, TABLE_L2, after, NULL);

    if (before == after)
        return -1;
    if (to == ELEMENT_INVALID)
        return CHANGE_DAMAGED;
    if (from == ELEMENT_INVALID)
        return CHANGE_MENDED;
    if (to == ELEMENT_ZERO)
        return CHANGE_ZEROED;
    if (to == ELEMENT_UNALLOCATED)
        return CHANGE_FREED;
    return from == ELEMENT_VALID ? CHANGE_MOVED : CHANGE_ALLOCATED;
}

/* An element of a state; the walk does not read a table that shares clusters. */
static uint64_t element(const struct changes_test *test, int state, uint64_t table, uint64_t index)
{
    if (!inventory_find(&test->audits[state]->inventory, tiny_offset(table)))
        return 0;
    return tiny_image_get(&test->images[state], tiny_offset(table), index);
}

static void counts_are_those_of_single_elements(void **state)
{
    struct prng prng = {11};

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint64_t expected[CHANGE_KINDS] = {0};
        struct changes_test test;

        begin(&test);
        for (int i = 0; i < 2; i++) {
            tiny_image_fill(&test.images[i], &prng, tiny_offset(3), TINY_CLUSTER);
            tiny_image_fill(&test.images[i], &prng, tiny_offset(5), TINY_CLUSTER);
        }
        find(&test, 3);
        for (uint64_t table = 3; table <= 5; table += 2) {
            for (uint64_t index = 0; index < 1024; index++) {
                int kind = naive_kind(&test, element(&test, 0, table, index),
                                      element(&test, 1, table, index));

                if (kind >= 0)
                    expected[kind]++;
            }
        }
        for (unsigned kind = 0; kind < CHANGE_KINDS; kind++)
            assert_int_equal(test.changes.kinds[kind].clusters, expected[kind]);
        end(&test);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_changed),
        cmocka_unit_test(each_kind_of_change),
        cmocka_unit_test(neighbours_are_joined),
        cmocka_unit_test(tables_come_go_and_move),
        cmocka_unit_test(redacted_states_are_compared_as_far_as_they_tell),
        cmocka_unit_test(counts_are_those_of_single_elements),
    };

    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
