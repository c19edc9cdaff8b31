/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/status.h"

#include "tests/unit/unit.h"

/* All statuses, the worst last; rows and columns of the table that status_worse() is. */
static const int order[] = {STATUS_OK,    STATUS_NOT_QED, STATUS_LIMIT,
                            STATUS_LEAKS, STATUS_FAILED,  STATUS_CORRUPT};

static void full_table(void **state)
{
    (void)state;
    for (size_t a = 0; a < COUNT_OF(order); a++) {
        for (size_t b = 0; b < COUNT_OF(order); b++)
            assert_int_equal(status_worse(order[a], order[b]), order[a > b ? a : b]);
    }
}

static void numbers_are_those_of_qemu_img(void **state)
{
    (void)state;
    assert_int_equal(STATUS_OK, 0);
    assert_int_equal(STATUS_FAILED, 1);
    assert_int_equal(STATUS_CORRUPT, 2);
    assert_int_equal(STATUS_LEAKS, 3);
    assert_int_equal(STATUS_LIMIT, 4);
    assert_int_equal(STATUS_NOT_QED, 63);
}

static void unknown_statuses_count_as_failures(void **state)
{
    static const int strange[] = {-1, 5, 64, 128 + 9, 255};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        assert_int_equal(status_worse(strange[i], STATUS_OK), strange[i]);
        assert_int_equal(status_worse(STATUS_LEAKS, strange[i]), strange[i]);
        assert_int_equal(status_worse(STATUS_CORRUPT, strange[i]), STATUS_CORRUPT);
        assert_int_equal(status_worse(strange[i], STATUS_CORRUPT), STATUS_CORRUPT);
    }
}

static void order_of_many_does_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6 * 6 * 6; i++) {
        int a = order[i % 6], b = order[i / 6 % 6], c = order[i / 36];

        assert_int_equal(status_worse(status_worse(a, b), c), status_worse(a, status_worse(b, c)));
        assert_int_equal(status_worse(a, b), status_worse(b, a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_table),
        cmocka_unit_test(numbers_are_those_of_qemu_img),
        cmocka_unit_test(unknown_statuses_count_as_failures),
        cmocka_unit_test(order_of_many_does_not_matter),
    };

    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
