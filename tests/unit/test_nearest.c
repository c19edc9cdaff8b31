/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/nearest.h"

#include <stdint.h>
#include <string.h>

#include "tests/unit/unit.h"

static void distances(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},           {"", "abc", 3},         {"audit", "audit", 0},
        {"audit", "adit", 1},  {"audit", "aduit", 1},  {"audit", "audits", 1},
        {"audit", "aubit", 1}, {"merge", "verify", 4}, {"kitten", "sitting", 3},
        {"ab", "ba", 1},       {"abcd", "badc", 2},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(nearest_distance(rows[i].a, rows[i].b), rows[i].distance);
        assert_int_equal(nearest_distance(rows[i].b, rows[i].a), rows[i].distance);
    }
}

static void long_words_are_far(void **state)
{
    char word[65] = {0};

    (void)state;
    memset(word, 'a', 64);
    assert_true(nearest_distance(word, word) == SIZE_MAX);
    word[63] = 0;
    assert_int_equal(nearest_distance(word, word), 0);
}

static void the_nearest_wins(void **state)
{
    struct nearest nearest = {.typed = "infp"};

    (void)state;
    assert_false(nearest_try(&nearest, "restore"));
    assert_null(nearest.word);
    assert_true(nearest_try(&nearest, "inmp"));
    assert_false(nearest_try(&nearest, "imfp"));
    assert_string_equal(nearest.word, "inmp");
}

static void what_is_no_slip_is_not_near(void **state)
{
    struct nearest nearest = {.typed = "disk"};

    (void)state;
    assert_false(nearest_try(&nearest, "dumps"));
    assert_false(nearest_try(&nearest, "info"));
    assert_null(nearest.word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(long_words_are_far),
        cmocka_unit_test(the_nearest_wins),
        cmocka_unit_test(what_is_no_slip_is_not_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
