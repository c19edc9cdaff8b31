/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/template.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static void write_subject(FILE *out, const void *subject)
{
    fputs(subject, out);
}

static void expect(const char *template, const char *expected)
{
    static const struct gap gaps[] = {{"A", "one", NULL},
                                      {"AB", "two", NULL},
                                      {"EMPTY", "", NULL},
                                      {"S", NULL, write_subject},
                                      {0}};
    struct failure why = {0};
    char *text = template_text(template, gaps, "subject", &why);

    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void gaps_are_filled(void **state)
{
    (void)state;
    expect("", "");
    expect("@A@", "one");
    expect("x@A@y@AB@z", "xoneytwoz");
    expect("@A@@A@", "oneone");
    expect("[@EMPTY@]", "[]");
    expect("the @S@.", "the subject.");
}

static void what_is_no_gap_stays(void **state)
{
    (void)state;
    expect("@media (x) { @A@ }", "@media (x) { one }");
    expect("a@b.c", "a@b.c");
    expect("@B@A@", "@Bone");
    expect("@", "@");
    expect("@@", "@@");
    expect("@a@", "@a@");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_are_filled),
        cmocka_unit_test(what_is_no_gap_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
