/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/policy.h"

#include "tests/unit/fleets.h"

#define BIT(cause) (1u << (cause))

/* The causes that one image gives under a policy. */
static unsigned judge(struct fleet *fleet)
{
    fleets_finish(fleet);
    return policy_failing_all(fleet);
}

static void every_cause_by_itself(void **state)
{
    struct fleet fleet;
    struct fleet_entry *entry;

    (void)state;
    fleet_init(&fleet);
    fleet.policy.fail_on = BIT(CAUSES) - 1;
    fleet.policy.max_fragmentation = 10;
    entry = fleets_add(&fleet, "a");
    assert_int_equal(judge(&fleet), 0);
    fleets_damage(entry, 1, 0);
    assert_int_equal(judge(&fleet), BIT(CAUSE_CORRUPT));
    fleets_damage(entry, 0, 1);
    assert_int_equal(judge(&fleet), BIT(CAUSE_LEAKS));
    fleets_damage(entry, 1, 1);
    assert_int_equal(judge(&fleet), BIT(CAUSE_CORRUPT) | BIT(CAUSE_LEAKS));
    fleets_damage(entry, 0, 0);
    entry->record.dirty_flag = true;
    assert_int_equal(judge(&fleet), BIT(CAUSE_DIRTY));
    entry->record.dirty_flag = false;
    entry->record.in_use = true;
    assert_int_equal(judge(&fleet), BIT(CAUSE_IN_USE));
    entry->record.in_use = false;
    entry->record.check_errors = 1;
    assert_int_equal(judge(&fleet), BIT(CAUSE_UNREADABLE));
    entry->record.check_errors = 0;
    entry->record.verdict = VERDICT_UNSUPPORTED;
    assert_int_equal(judge(&fleet), BIT(CAUSE_UNSUPPORTED));
    entry->record.verdict = VERDICT_CONSISTENT;
    entry->record.fragmented_percent = 10;
    assert_int_equal(judge(&fleet), 0);
    entry->record.fragmented_percent = 10.01;
    assert_int_equal(judge(&fleet), BIT(CAUSE_FRAGMENTATION));
    fleet_free(&fleet);
}

static void what_was_not_examined(void **state)
{
    static const unsigned expected[ENTRY_STATUSES] = {
        [ENTRY_UNREADABLE] = BIT(CAUSE_UNREADABLE), [ENTRY_CRASHED] = BIT(CAUSE_UNREADABLE),
        [ENTRY_TIMEOUT] = BIT(CAUSE_UNREADABLE),    [ENTRY_IN_USE] = BIT(CAUSE_IN_USE),
        [ENTRY_NOT_QED] = BIT(CAUSE_UNSUPPORTED),
    };

    (void)state;
    for (unsigned status = 1; status < ENTRY_STATUSES; status++) {
        struct fleet fleet;

        fleet_init(&fleet);
        fleet.policy.fail_on = BIT(CAUSES) - 1;
        fleets_add_other(&fleet, "a", (enum entry_status)status, NULL);
        assert_int_equal(judge(&fleet), expected[status]);
        fleet_free(&fleet);
    }
}

static void the_default_is_all_verdicts(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_damage(fleets_add(&fleet, "a"), 1, 1);
    fleets_add(&fleet, "b")->record.dirty_flag = true;
    fleets_add_other(&fleet, "c", ENTRY_IN_USE, NULL);
    fleets_add_other(&fleet, "d", ENTRY_NOT_QED, NULL);
    fleets_add(&fleet, "e")->record.fragmented_percent = 100;
    assert_int_equal(judge(&fleet), BIT(CAUSE_CORRUPT) | BIT(CAUSE_LEAKS) | BIT(CAUSE_UNSUPPORTED));
    fleet.policy.max_fragmentation = 99.5;
    assert_true(judge(&fleet) & BIT(CAUSE_FRAGMENTATION));
    fleet.policy.max_leaked = 65536;
    assert_false(judge(&fleet) & BIT(CAUSE_LEAKS));
    fleet.policy.max_leaked = 65535;
    assert_true(judge(&fleet) & BIT(CAUSE_LEAKS));
    fleet.policy.fail_on = BIT(CAUSE_DIRTY);
    assert_int_equal(judge(&fleet), BIT(CAUSE_DIRTY));
    assert_int_equal(policy_failing(&fleet.policy, &fleet.entries[0]), 0);
    assert_int_equal(fleet.entries[0].causes, BIT(CAUSE_CORRUPT) | BIT(CAUSE_LEAKS));
    fleet_free(&fleet);
}

/* Compares an image as it was with how it is. */
static unsigned compare(const char *path, uint64_t corruptions_then, uint64_t leaks_then,
                        uint64_t corruptions_now, uint64_t leaks_now)
{
    struct fleet then, now;
    unsigned causes;

    fleet_init(&then);
    fleet_init(&now);
    fleets_damage(fleets_add(&then, path), corruptions_then, leaks_then);
    fleets_damage(fleets_add(&now, "a"), corruptions_now, leaks_now);
    fleets_finish(&then);
    fleets_finish(&now);
    policy_compare(&now, &then);
    policy_judge(&now);
    causes = policy_failing_all(&now);
    fleet_free(&now);
    fleet_free(&then);
    return causes;
}

static void only_what_is_new_counts(void **state)
{
    (void)state;
    assert_int_equal(compare("a", 3, 3, 3, 3), 0);
    assert_int_equal(compare("a", 3, 3, 2, 1), 0);
    assert_int_equal(compare("a", 3, 3, 4, 3), BIT(CAUSE_CORRUPT));
    assert_int_equal(compare("a", 3, 3, 3, 4), BIT(CAUSE_LEAKS));
    assert_int_equal(compare("a", 0, 3, 1, 3), BIT(CAUSE_CORRUPT));
    assert_int_equal(compare("b", 3, 3, 3, 3), BIT(CAUSE_CORRUPT) | BIT(CAUSE_LEAKS));
}

static void causes_have_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CAUSES; i++) {
        assert_non_null(cause_name((enum policy_cause)i));
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(cause_name((enum policy_cause)i),
                                    cause_name((enum policy_cause)j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cause_by_itself),       cmocka_unit_test(what_was_not_examined),
        cmocka_unit_test(the_default_is_all_verdicts), cmocka_unit_test(only_what_is_new_counts),
        cmocka_unit_test(causes_have_names),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
