/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/fleet.h"

#include "tests/unit/fleets.h"

static void expect_paths(const struct fleet *fleet, const char *const *paths, size_t count)
{
    assert_int_equal(fleet->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(fleet->entries[i].record.filename, paths[i]);
}

static void paths_are_anchored_and_sorted_by_bytes(void **state)
{
    static const char *const paths[] = {
        "./-o", "./..", "./../x", "./=1", "./a", "./a b", "./a/b", "./\xff", "/", "/a",
    };
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_add(&fleet, "/a");
    fleets_add(&fleet, "\xff");
    fleets_add(&fleet, "a//b/");
    fleets_add(&fleet, "a b");
    fleets_add(&fleet, "./a");
    fleets_add(&fleet, "=1");
    fleets_add(&fleet, "../x");
    fleets_add(&fleet, "//");
    fleets_add(&fleet, "..");
    fleets_add(&fleet, "-o");
    fleets_finish(&fleet);
    expect_paths(&fleet, paths, COUNT_OF(paths));
    assert_string_equal(fleet_find(&fleet, "./a b")->record.filename, "./a b");
    assert_null(fleet_find(&fleet, "./c"));
    fleet_free(&fleet);
    assert_null(fleet_find(&fleet, "./a"));
}

/* However often a path was audited, and in whatever order it is read. */
static void one_entry_of_a_path_is_kept(void **state)
{
    (void)state;
    for (int turn = 0; turn < 6; turn++) {
        struct fleet fleet;

        fleet_init(&fleet);
        for (int step = 0; step < 3; step++) {
            int which = turn < 3 ? (step + turn) % 3 : (turn - step) % 3;

            if (which == 0)
                fleets_add_other(&fleet, "a", ENTRY_CRASHED, "died")->identity.mtime_ns = 99;
            else
                fleets_damage(fleets_add_link(&fleet, "a", 1), (uint64_t)which, 0);
            fleet.entries[step].identity.mtime_ns += which == 2;
        }
        fleets_add(&fleet, "b");
        fleets_finish(&fleet);
        assert_int_equal(fleet.count, 2);
        assert_int_equal(fleet.entries[0].status, ENTRY_OK);
        assert_int_equal(fleet.entries[0].record.corruptions, 2);
        fleet_free(&fleet);
    }
}

/* Of equal ones the last. */
static void later_entries_win(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    for (uint64_t i = 1; i <= 300; i++)
        fleets_damage(fleets_add(&fleet, "a"), i, 0);
    fleets_finish(&fleet);
    assert_int_equal(fleet.count, 1);
    assert_int_equal(fleet.entries[0].record.corruptions, 300);
    fleet_free(&fleet);
}

static void a_record_moves_in(void **state)
{
    struct fleet fleet;
    struct failure why = {0};
    struct record record = {.filename = strdup("image.qed"), .corruptions = 5};

    (void)state;
    fleet_init(&fleet);
    EXPECT_OK(fleet_add_record(&fleet, "dir/x.qed", &record, &why), &why);
    assert_null(record.filename);
    assert_string_equal(fleet.entries[0].record.filename, "./dir/x.qed");
    assert_int_equal(fleet.entries[0].record.corruptions, 5);
    fleet_free(&fleet);
}

static void shards_add_up(void **state)
{
    struct fleet fleet;
    struct failure why = {0};

    (void)state;
    fleet_init(&fleet);
    assert_true(fleet_is_complete(&fleet));
    EXPECT_FAILURE(fleet_add_shard(&fleet, 0, 3, &why), &why, "no shard 0 of 3");
    EXPECT_FAILURE(fleet_add_shard(&fleet, 4, 3, &why), &why, "no shard 4 of 3");
    EXPECT_FAILURE(fleet_add_shard(&fleet, 1, FLEET_MAX_SHARDS + 1, &why), &why, "no shard");
    EXPECT_OK(fleet_add_shard(&fleet, 2, 3, &why), &why);
    EXPECT_OK(fleet_add_shard(&fleet, 2, 3, &why), &why);
    EXPECT_OK(fleet_add_shard(&fleet, 3, 3, &why), &why);
    EXPECT_FAILURE(fleet_add_shard(&fleet, 1, 4, &why), &why, "not of one run");
    assert_false(fleet_is_complete(&fleet));
    EXPECT_OK(fleet_add_shard(&fleet, 1, 3, &why), &why);
    assert_true(fleet_is_complete(&fleet));
    fleet.interrupted = true;
    assert_false(fleet_is_complete(&fleet));
    assert_true(fleet_has_all_shards(&fleet));
    fleet_free(&fleet);
}

static void totals_count_files_once(void **state)
{
    struct fleet fleet;
    struct fleet_totals totals;

    (void)state;
    fleet_init(&fleet);
    fleets_damage(fleets_add_link(&fleet, "a", 7), 1, 2);
    fleets_damage(fleets_add_link(&fleet, "b", 7), 1, 2);
    fleets_damage(fleets_add_link(&fleet, "c", 8), 0, 3);
    fleets_add_overlay(&fleet, "d", "c")->record.dirty_flag = true;
    fleets_add_overlay(&fleet, "e", "c")->record.virtual_size = RECORD_UNKNOWN;
    fleets_add_overlay(&fleet, "f", "gone");
    fleets_add_overlay(&fleet, "g", "g");
    fleets_add_other(&fleet, "h", ENTRY_IN_USE, NULL);
    fleets_add_other(&fleet, "i", ENTRY_VANISHED, NULL);
    fleets_finish(&fleet);
    fleet_total(&fleet, &totals);
    assert_int_equal(totals.paths, 9);
    assert_int_equal(totals.images, 8);
    assert_int_equal(totals.statuses[ENTRY_OK], 6);
    assert_int_equal(totals.statuses[ENTRY_IN_USE], 1);
    assert_int_equal(totals.verdicts[VERDICT_CORRUPT], 1);
    assert_int_equal(totals.verdicts[VERDICT_LEAKS], 1);
    assert_int_equal(totals.verdicts[VERDICT_CONSISTENT], 4);
    assert_int_equal(totals.dirty, 1);
    assert_int_equal(totals.in_use, 1);
    assert_int_equal(totals.failing, 2);
    assert_int_equal(totals.corruptions, 1);
    assert_int_equal(totals.leaked_bytes, 5 * 65536);
    assert_int_equal(totals.virtual_size, 5 << 20);
    assert_int_equal(totals.actual_size, 0);
    assert_int_equal(totals.shared_bases, 1);
    assert_int_equal(totals.missing_bases, 1);
    assert_int_equal(totals.loops, 1);
    fleet_free(&fleet);
}

static void sums_stop_at_the_top(void **state)
{
    struct fleet fleet;
    struct fleet_totals totals;

    (void)state;
    fleet_init(&fleet);
    fleets_add(&fleet, "a")->record.virtual_size = UINT64_MAX - 2;
    fleets_add(&fleet, "b");
    fleets_finish(&fleet);
    fleet_total(&fleet, &totals);
    assert_true(totals.virtual_size == UINT64_MAX);
    fleet_free(&fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_anchored_and_sorted_by_bytes),
        cmocka_unit_test(one_entry_of_a_path_is_kept),
        cmocka_unit_test(later_entries_win),
        cmocka_unit_test(a_record_moves_in),
        cmocka_unit_test(shards_add_up),
        cmocka_unit_test(totals_count_files_once),
        cmocka_unit_test(sums_stop_at_the_top),
    };

    return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
