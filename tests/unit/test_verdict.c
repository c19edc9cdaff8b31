/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/verdict.h"

#include "tests/unit/unit.h"

static void verdicts_have_names_and_statuses(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(VERDICT_CONSISTENT), "consistent");
    assert_string_equal(verdict_name(VERDICT_LEAKS), "leaks");
    assert_string_equal(verdict_name(VERDICT_CORRUPT), "corrupt");
    assert_string_equal(verdict_name(VERDICT_UNSUPPORTED), "unsupported");
    assert_int_equal(verdict_exit_status(VERDICT_CONSISTENT), 0);
    assert_int_equal(verdict_exit_status(VERDICT_LEAKS), 3);
    assert_int_equal(verdict_exit_status(VERDICT_CORRUPT), 2);
    assert_string_equal(verdict_name(VERDICT_UNREADABLE), "unreadable");
    assert_int_equal(verdict_exit_status(VERDICT_UNSUPPORTED), 63);
    assert_int_equal(verdict_exit_status(VERDICT_UNREADABLE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_have_names_and_statuses),
    };

    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
