/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/issue.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static char *issue_of(const struct record *record)
{
    struct failure why = {0};
    char *text = issue_text(record, "label", &why);

    assert_non_null(text);
    return text;
}

static void main_findings_are_told(void **state)
{
    struct record record = {.verdict = VERDICT_CORRUPT,
                            .has_figures = true,
                            .corruptions = 3,
                            .leaks = 2,
                            .dirty_flag = true,
                            .copy = {.present = true},
                            .kinds = {[FINDING_DUPLICATE] = 3, [FINDING_LEAK] = 2}};
    char *text = issue_of(&record);

    (void)state;
    assert_non_null(strstr(text, "Verdict: corrupt, marked dirty (need-check); 3 corruptions, 2 "
                                 "leaked clusters."));
    assert_non_null(strstr(text, "- corruption `duplicate`, 3: "));
    assert_non_null(strstr(text, "- leak `leak`, 2: "));
    assert_null(strstr(text, "`l2-invalid`"));
    assert_non_null(strstr(text, "qemu-img check label/image.qed"));
    assert_null(strchr(text, '@'));
    free(text);
}

static void what_is_not_known_is_not_told(void **state)
{
    struct record record = {
        .verdict = VERDICT_UNREADABLE, .has_figures = true, .leaks = RECORD_UNKNOWN};
    char *text = issue_of(&record);

    (void)state;
    assert_non_null(strstr(text, "Verdict: unreadable; 0 corruptions."));
    assert_non_null(strstr(text, "no copy of the image"));
    assert_non_null(strstr(text, "Operating system: <!-- of the host -->"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(main_findings_are_told),
        cmocka_unit_test(what_is_not_known_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
