/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/environment.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void facts_are_plain(void **state)
{
    static const struct {
        const char *text, *fact;
    } cases[] = {
        {"", ""},
        {"Linux 6.1.0-18-amd64", "Linux 6.1.0-18-amd64"},
        {"x86_64", "x86_64"},
        {"a<b>`c`\n## d|e", "a?b??c??## d?e"},
        {"\xff\xfe\x1b[2J", "????2J"},
    };
    struct environment environment = {0};
    struct failure why = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        EXPECT_OK(environment_set(&environment.kernel, cases[i].text, &why), &why);
        assert_string_equal(environment.kernel, cases[i].fact);
        assert_true(environment_is_plain(environment.kernel));
        assert_int_equal(environment_is_plain(cases[i].text),
                         !strcmp(cases[i].text, cases[i].fact));
    }
    environment_free(&environment);
    assert_null(environment.kernel);
}

static void long_facts_are_cut(void **state)
{
    struct environment environment = {0};
    struct failure why = {0};
    char text[1000];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_false(environment_is_plain(text));
    EXPECT_OK(environment_set(&environment.libraries, text, &why), &why);
    assert_int_equal(strlen(environment.libraries), 160);
    assert_true(environment_is_plain(environment.libraries));
    environment_free(&environment);
}

static void rows_are_the_members(void **state)
{
    struct environment environment = {0};

    (void)state;
    assert_ptr_equal(environment_fact(&environment, &environment_rows[0]), &environment.libraries);
    assert_ptr_equal(environment_fact(&environment, &environment_rows[3]),
                     &environment.distribution);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_plain),
        cmocka_unit_test(long_facts_are_cut),
        cmocka_unit_test(rows_are_the_members),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
