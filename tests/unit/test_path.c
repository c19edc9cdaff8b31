/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include <stdlib.h>

#include "tests/unit/unit.h"

/* Expects a string, and frees it. */
static void expect(char *text, const char *wanted)
{
    assert_non_null(text);
    assert_string_equal(text, wanted);
    free(text);
}

static void tidy(void **state)
{
    static const char *const rows[][2] = {
        {"a", "a"},
        {"./a", "a"},
        {"a/", "a"},
        {"a//b/./c", "a/b/c"},
        {"/", "/"},
        {"//", "/"},
        {"/.", "/"},
        {"/a/", "/a"},
        {".", "."},
        {"./", "."},
        {"", "."},
        {"..", ".."},
        {"a/../b", "a/../b"},
        {"../a/", "../a"},
        {".a/..b", ".a/..b"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(path_tidy(rows[i][0]), rows[i][1]);
}

static void beside(void **state)
{
    static const char *const rows[][3] = {
        {"a.qed", "b.qed", "b.qed"},
        {"d/a.qed", "b.qed", "d/b.qed"},
        {"d/a.qed", "./b.qed", "d/b.qed"},
        {"d/a.qed", "../b.qed", "b.qed"},
        {"d/a.qed", "../../b.qed", "../b.qed"},
        {"d/e/a.qed", "../../b.qed", "b.qed"},
        {"../d/a.qed", "../b.qed", "../b.qed"},
        {"../a.qed", "../b.qed", "../../b.qed"},
        {"/d/a.qed", "../../../b.qed", "/b.qed"},
        {"/d/a.qed", "/e//b.qed", "/e/b.qed"},
        {"d/a.qed", "/e/../b.qed", "/b.qed"},
        {"d/a.qed", "..", "."},
        {"d/a.qed", "..b/../c", "d/c"},
        {"d/x../a.qed", "../c", "d/c"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(path_beside(rows[i][0], rows[i][1]), rows[i][2]);
}

static void anchor(void **state)
{
    static const char *const rows[][2] = {
        {"a", "./a"}, {"./a", "./a"}, {"/a/", "/a"}, {".", "."}, {"-a", "./-a"}, {"../a", "./../a"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(path_anchor(rows[i][0]), rows[i][1]);
}

static void join(void **state)
{
    (void)state;
    expect(path_join(".", "a"), "./a");
    expect(path_join("d", "a"), "d/a");
    expect(path_join("/", "a"), "/a");
    expect(path_join("/d/e", "a"), "/d/e/a");
}

static void folder(void **state)
{
    static const char *const rows[][2] = {
        {"a", "."},     {"./a", "."}, {"d/a", "d"}, {"d/e/a", "d/e"}, {"d//a", "d/"},
        {"/d/a", "/d"}, {"/a", "/"},  {"//a", "/"}, {"../a", ".."},   {"d/", "d"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(path_folder(rows[i][0]), rows[i][1]);
}

static void base(void **state)
{
    (void)state;
    assert_string_equal(path_base("a"), "a");
    assert_string_equal(path_base("d/a"), "a");
    assert_string_equal(path_base("/a"), "a");
    assert_string_equal(path_base("d/"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tidy), cmocka_unit_test(beside), cmocka_unit_test(anchor),
        cmocka_unit_test(join), cmocka_unit_test(folder), cmocka_unit_test(base),
    };

    return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
