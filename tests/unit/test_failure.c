/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static void first_failure_is_kept(void **state)
{
    struct failure why = {0};

    (void)state;
    assert_int_equal(failure_set(&why, "%s %d", "first", 1), -1);
    assert_int_equal(failure_set(&why, "second"), -1);
    assert_int_equal(failure_set_errno(&why, EIO, "third"), -1);
    assert_string_equal(why.text, "first 1");
    assert_int_equal(why.error, 0);
    failure_clear(&why);
    assert_string_equal(why.text, "");
    assert_int_equal(failure_set_errno(&why, EIO, "third"), -1);
    assert_int_equal(failure_set(&why, "fourth"), -1);
    assert_string_equal(why.text, "third: Input/output error");
    assert_int_equal(why.error, EIO);
    failure_clear(&why);
    assert_int_equal(why.error, 0);
}

static void errno_is_described(void **state)
{
    static const int errors[] = {ENOENT, ENOSPC, EACCES, ENOMEM, EFBIG};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        struct failure why = {0};
        char expected[128];

        snprintf(expected, sizeof(expected), "x: %s", strerror(errors[i]));
        failure_set_errno(&why, errors[i], "x");
        assert_string_equal(why.text, expected);
    }
}

static void prefix_is_quoted(void **state)
{
    struct failure why = {0};

    (void)state;
    failure_set_errno(&why, EIO, "cannot read");
    failure_prefix(&why, "a\nb");
    assert_string_equal(why.text, "\"a\\nb\": cannot read: Input/output error");
    assert_int_equal(why.error, EIO);
    failure_prefix(&why, "dir");
    assert_string_equal(why.text, "dir: \"a\\nb\": cannot read: Input/output error");
}

/* Whatever is too long is cut, and stays one terminated line. */
static void long_texts_are_cut(void **state)
{
    char name[3000];

    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (size_t length = 0; length < sizeof(name) - 1; length += 7) {
        const char *text = name + sizeof(name) - 1 - length;
        struct {
            struct failure why;
            char guard[8];
        } guarded = {.guard = "guard"};

        failure_set_errno(&guarded.why, EIO, "%s", text);
        if (length < 900)
            assert_int_equal(strlen(guarded.why.text), length + strlen(": Input/output error"));
        failure_prefix(&guarded.why, text);
        failure_prefix(&guarded.why, "short");
        assert_true(strnlen(guarded.why.text, sizeof(guarded.why.text)) < sizeof(guarded.why.text));
        assert_memory_equal(guarded.why.text, "short: ", 7);
        assert_string_equal(guarded.guard, "guard");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_failure_is_kept),
        cmocka_unit_test(errno_is_described),
        cmocka_unit_test(prefix_is_quoted),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
