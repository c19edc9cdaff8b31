/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/fleet_json.h"

#include "bugreport/fleet_read.h"
#include "bugreport/json_text.h"
#include "tests/unit/fleets.h"

/* A fleet with something of everything. */
static void fill(struct fleet *fleet)
{
    struct fleet_entry *entry;

    fleet_init(fleet);
    fleets_damage(fleets_add_link(fleet, "a\n\xff.qed", 7), 1, 2);
    fleets_damage(fleets_add_link(fleet, "b", 7), 1, 2);
    entry = fleets_add_overlay(fleet, "c", "b");
    entry->has_seconds = true;
    entry->seconds = 0.125;
    fleets_add_overlay(fleet, "d", "nowhere");
    fleets_add_other(fleet, "e", ENTRY_TIMEOUT, "took \xc3\xa4ges");
    fleets_add_other(fleet, "f\xe2\x80\xae", ENTRY_UNREADABLE, "what\xff");
    fleet->policy.max_fragmentation = 12.5;
    fleet->policy.has_baseline = true;
    fleet->entries[1].known = 1u << CAUSE_LEAKS;
}

/* All JSON of a fleet as NDJSON, which the caller frees. */
static char *text_of(const struct fleet *fleet)
{
    struct failure why = {0};
    char *all = NULL;
    size_t size;
    FILE *out = open_memstream(&all, &size);

    for (size_t i = 0; i <= fleet->count; i++) {
        json_t *value = i < fleet->count ? json_entry(&fleet->entries[i], fleet, &why)
                                         : json_summary(fleet, &why);
        char *line = json_text(value, JSON_COMPACT, &why);

        fprintf(out, "%s\n", line);
        free(line);
        json_decref(value);
    }
    fclose(out);
    return all;
}

static int read_text(struct fleet *fleet, struct fleet_source *source, const char *text,
                     size_t length, struct failure *why)
{
    FILE *in = fmemopen((void *)(uintptr_t)text, length, "r");
    int result = fleet_read(fleet, in, source, why);

    fclose(in);
    return result;
}

static void a_fleet_comes_back(void **state)
{
    struct fleet fleet, back;
    struct fleet_source source = {0};
    struct failure why = {0};
    char *text, *again;

    (void)state;
    fill(&fleet);
    fleets_finish(&fleet);
    text = text_of(&fleet);
    fleet_init(&back);
    EXPECT_OK(read_text(&back, &source, text, strlen(text), &why), &why);
    assert_false(source.cut || back.interrupted);
    assert_true(source.has_policy && policy_same(&source.policy, &fleet.policy));
    assert_int_equal(source.records, 6);
    back.policy = source.policy;
    fleets_finish(&back);
    again = text_of(&back);
    assert_string_equal(again, text);
    free(again);
    free(text);
    fleet_free(&back);
    fleet_free(&fleet);
}

/* What a fleet works out for its entries is not in the record of a single one. */
static void relations_are_the_fleets(void **state)
{
    struct fleet fleet;
    struct failure why = {0};
    json_t *with, *without;

    (void)state;
    fill(&fleet);
    fleets_finish(&fleet);
    with = json_entry(&fleet.entries[1], &fleet, &why);
    without = json_entry(&fleet.entries[1], NULL, &why);
    assert_non_null(json_object_get(with, "hard-link-of-b64"));
    assert_non_null(json_object_get(with, "policy"));
    assert_null(json_object_get(without, "hard-link-of"));
    assert_null(json_object_get(without, "policy"));
    assert_non_null(json_object_get(without, "identity"));
    json_decref(with);
    json_decref(without);
    fleet_free(&fleet);
}

static json_t *member_of(json_t *object, const char *outer, const char *inner)
{
    return json_object_get(json_object_get(object, outer), inner);
}

static void the_summary_tells_what_is_missing(void **state)
{
    struct fleet fleet;
    struct failure why = {0};
    json_t *summary;

    (void)state;
    fill(&fleet);
    EXPECT_OK(fleet_add_shard(&fleet, 2, 3, &why), &why);
    fleets_finish(&fleet);
    summary = json_summary(&fleet, &why);
    assert_true(json_is_false(json_object_get(summary, "complete")));
    assert_true(json_is_false(json_object_get(summary, "interrupted")));
    assert_int_equal(json_integer_value(member_of(summary, "shards", "count")), 3);
    assert_int_equal(json_array_size(member_of(summary, "shards", "present")), 1);
    assert_int_equal(json_integer_value(json_object_get(summary, "paths")), 6);
    assert_int_equal(json_integer_value(json_object_get(summary, "images")), 5);
    json_decref(summary);
    fleet_free(&fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fleet_comes_back),
        cmocka_unit_test(relations_are_the_fleets),
        cmocka_unit_test(the_summary_tells_what_is_missing),
    };

    return cmocka_run_group_tests_name("fleet_json", tests, NULL, NULL);
}
