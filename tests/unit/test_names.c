/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/names.h"

#include <stdio.h>
#include <string.h>

#include "qedscrub/commands.h"
#include "tests/unit/unit.h"

/* The program's; nothing is to be said here. */
void complain(const struct failure *why)
{
    fail_msg("complained: %s", why->text);
}

static void each_only_once(void **state)
{
    static const char *const rows[][2] = {
        {"a.qed", "out/a.bug.tar.gz"},
        {"d/a.img", "out/a-2.bug.tar.gz"},
        {"a-2.qed", "out/a-2-2.bug.tar.gz"},
        {"a", "out/a-3.bug.tar.gz"},
        {"e/b.c.qed", "out/b.c.bug.tar.gz"},
        {".hidden", "out/.hidden.bug.tar.gz"},
        {"/x/a-2-2.qed", "out/a-2-2-2.bug.tar.gz"},
    };
    struct names names = {.directory = "out"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(names_next(&names, rows[i][0]), rows[i][1]);
    names_free(&names);
}

/* As in a tree with a disk.qed in each folder: the number is not looked for from 2 on each time. */
static void many_of_a_stem(void **state)
{
    struct names names = {.directory = "out/"};
    const char *last = "";

    (void)state;
    for (unsigned i = 0; i < 100000; i++)
        last = names_next(&names, "disk.qed");
    assert_string_equal(last, "out/disk-100000.bug.tar.gz");
    names_free(&names);
}

static void directories(void **state)
{
    (void)state;
    assert_true(names_is_directory("/"));
    assert_false(names_is_directory("/dev/null"));
    assert_false(names_is_directory("/nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_only_once),
        cmocka_unit_test(many_of_a_stem),
        cmocka_unit_test(directories),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
