/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/compare.h"

#include "tests/unit/fleets.h"

/* The difference of a key, NULL if there is none. */
static const struct difference *find(const struct comparison *comparison, const char *key)
{
    for (size_t i = 0; i < comparison->count; i++) {
        if (!strcmp(comparison->list[i].key, key))
            return &comparison->list[i];
    }
    return NULL;
}

struct pair {
    struct fleet fleet;
    struct record *before, *after;
    struct comparison comparison;
};

static void begin(struct pair *pair)
{
    fleet_init(&pair->fleet);
    fleets_add(&pair->fleet, "a");
    fleets_add(&pair->fleet, "b");
    pair->before = &pair->fleet.entries[0].record;
    pair->after = &pair->fleet.entries[1].record;
}

static void compare(struct pair *pair, bool places)
{
    struct failure why = {0};

    EXPECT_OK(compare_records(&pair->comparison, pair->before, pair->after, places, &why), &why);
}

static void end(struct pair *pair)
{
    comparison_free(&pair->comparison);
    fleet_free(&pair->fleet);
}

static void what_is_no_state_does_not_count(void **state)
{
    struct pair pair;

    (void)state;
    begin(&pair);
    pair.after->actual_size = 5;
    pair.after->host_extents = 6;
    pair.after->in_use = true;
    pair.after->kinds[FINDING_IN_USE] = pair.after->kinds[FINDING_CHANGED] = 1;
    compare(&pair, true);
    assert_int_equal(pair.comparison.count, 0);
    end(&pair);
}

/* No figure is forgotten: each of them, changed alone, is the one difference. */
static void every_figure_counts(void **state)
{
    (void)state;
    for (const struct record_field *field = record_fields; field->key; field++) {
        struct pair pair;
        char *at;

        begin(&pair);
        at = (char *)pair.after + field->at;
        if (field->type == FIELD_BOOL)
            *(bool *)at = true;
        else if (field->type == FIELD_REAL)
            *(double *)(void *)at += 1;
        else
            *(uint64_t *)(void *)at += 1;
        compare(&pair, false);
        if (field->of_host || !strcmp(field->key, "in-use")) {
            assert_int_equal(pair.comparison.count, 0);
        } else {
            assert_int_equal(pair.comparison.count, 1);
            assert_string_equal(pair.comparison.list[0].key, field->key);
            assert_ptr_equal(pair.comparison.list[0].field, field);
        }
        end(&pair);
    }
}

static void members_of_objects_have_keys_with_dots(void **state)
{
    struct pair pair;
    const struct difference *difference;

    (void)state;
    begin(&pair);
    pair.after->features = 2;
    pair.after->qemu.leaks = 3;
    pair.after->kinds[FINDING_LEAK] = 4;
    compare(&pair, false);
    assert_non_null(find(&pair.comparison, "header.features"));
    difference = find(&pair.comparison, "qemu-img.leaks");
    assert_int_equal(json_integer_value(difference->before), 0);
    assert_int_equal(json_integer_value(difference->after), 3);
    difference = find(&pair.comparison, "findings.leak");
    assert_null(difference->before);
    assert_int_equal(json_integer_value(json_object_get(difference->after, "count")), 4);
    end(&pair);
}

static void add_place(struct record *record, uint64_t offset)
{
    record->kinds[FINDING_LEAK] = 1;
    record->findings[0] = (struct record_finding){.finding = finding_make(FINDING_LEAK)};
    record->findings[0].finding.offset = offset;
    record->finding_count = 1;
}

static void places_count_if_they_are_to(void **state)
{
    (void)state;
    for (int places = 0; places < 2; places++) {
        struct pair pair;

        begin(&pair);
        add_place(pair.before, 4096);
        add_place(pair.after, 8192);
        compare(&pair, places);
        assert_int_equal(pair.comparison.count, places);
        end(&pair);
    }
}

/* A bundle does not tell the backing file's name; that one has one it does. */
static void untold_names_do_not_count(void **state)
{
    struct pair pair;

    (void)state;
    begin(&pair);
    pair.before->has_backing_file = pair.after->has_backing_file = true;
    pair.before->backing_name = strdup("x");
    compare(&pair, false);
    assert_int_equal(pair.comparison.count, 0);
    comparison_free(&pair.comparison);
    pair.after->backing_name = strdup("y");
    compare(&pair, false);
    assert_non_null(find(&pair.comparison, "backing-filename"));
    comparison_free(&pair.comparison);
    pair.after->has_backing_file = false;
    compare(&pair, false);
    assert_non_null(find(&pair.comparison, "header.backing-file"));
    end(&pair);
}

static void runs_are_compared_by_path(void **state)
{
    static const char *const paths[] = {"./appeared", "./changed", "./gone", "./other"};
    static const enum image_change expected[] = {IMAGE_APPEARED, IMAGE_CHANGED, IMAGE_GONE,
                                                 IMAGE_CHANGED};
    struct fleet before, after;
    struct fleet_comparison comparison;
    struct failure why = {0};

    (void)state;
    fleet_init(&before);
    fleet_init(&after);
    fleets_add(&before, "gone");
    fleets_add(&before, "same");
    fleets_add(&before, "changed");
    fleets_add(&before, "other");
    fleets_add_other(&before, "still", ENTRY_CRASHED, "one");
    fleets_add(&after, "appeared");
    fleets_add(&after, "same");
    fleets_damage(fleets_add(&after, "changed"), 1, 0);
    fleets_add_other(&after, "other", ENTRY_CRASHED, NULL);
    fleets_add_other(&after, "still", ENTRY_CRASHED, "two");
    fleets_finish(&before);
    fleets_finish(&after);
    EXPECT_OK(compare_fleets(&comparison, &before, &after, &why), &why);
    assert_int_equal(comparison.count, COUNT_OF(paths));
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_string_equal(comparison.list[i].filename, paths[i]);
        assert_int_equal(comparison.list[i].change, expected[i]);
    }
    assert_non_null(find(&comparison.list[1].comparison, "verdict"));
    assert_non_null(find(&comparison.list[3].comparison, "status"));
    fleet_comparison_free(&comparison);
    fleet_free(&before);
    fleet_free(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_state_does_not_count),
        cmocka_unit_test(every_figure_counts),
        cmocka_unit_test(members_of_objects_have_keys_with_dots),
        cmocka_unit_test(places_count_if_they_are_to),
        cmocka_unit_test(untold_names_do_not_count),
        cmocka_unit_test(runs_are_compared_by_path),
    };

    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
