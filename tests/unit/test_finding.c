/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/finding.h"

#include <string.h>

#include "tests/unit/unit.h"

static void every_kind_is_in_the_catalogue(void **state)
{
    (void)state;
    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        const struct finding_row *row = finding_row((enum finding_kind)kind);

        assert_non_null(row->name);
        assert_non_null(row->text);
        assert_non_null(row->cause);
        assert_true(strlen(row->name) > 0 && strlen(row->text) > 0 && strlen(row->cause) > 0);
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
                         strlen(row->name));
        assert_in_range(row->severity, SEVERITY_CORRUPTION, SEVERITY_CHECK_ERROR);
        for (int other = 0; other < kind; other++)
            assert_string_not_equal(row->name, finding_row((enum finding_kind)other)->name);
    }
}

/* What breaks the specification is a corruption, and only that. */
static void severity_of_header_faults(void **state)
{
    (void)state;
    for (int fault = 0; fault < HEADER_FAULTS; fault++) {
        bool breaks = header_fault_breaks((enum header_fault)fault);

        assert_int_equal(finding_row((enum finding_kind)fault)->severity,
                         breaks ? SEVERITY_CORRUPTION : SEVERITY_NOTE);
    }
    assert_int_equal(finding_row(FINDING_LEAK)->severity, SEVERITY_LEAK);
}

static void names_of_enumerations(void **state)
{
    (void)state;
    assert_string_equal(severity_name(SEVERITY_CORRUPTION), "corruption");
    assert_string_equal(severity_name(SEVERITY_NOTE), "note");
    assert_string_equal(severity_name(SEVERITY_CHECK_ERROR), "check-error");
    assert_string_equal(reason_name(REASON_NONE), "");
    assert_string_equal(reason_name(REASON_CUT), "cut");
    assert_string_equal(claimant_name(CLAIMANT_NONE), "");
    assert_string_equal(claimant_name(CLAIMANT_DATA), "data");
}

/* A list under test, and the finding that is added next. */
struct list_test {
    struct findings findings;
    struct finding next;
};

static void begin(struct list_test *test, enum finding_kind kind, size_t keep)
{
    findings_init(&test->findings, keep);
    test->next = finding_make(kind);
    test->next.table_offset = 65536;
    test->next.l1_index = 3;
    if (kind != FINDING_L1_INVALID)
        test->next.l2_index = 10;
}

static const struct finding_list *add(struct list_test *test, uint64_t count)
{
    struct failure why = {0};

    test->next.count = count;
    test->next.guest_size = count * 4096;
    EXPECT_OK(findings_add(&test->findings, &test->next, &why), &why);
    return &test->findings.kinds[test->next.kind];
}

static void new_findings_know_nothing(void **state)
{
    struct finding finding = finding_make(FINDING_DUPLICATE);

    (void)state;
    assert_int_equal(finding.count, 1);
    assert_int_equal(finding.table_offset, FINDING_NOWHERE);
    assert_int_equal(finding.l1_index, FINDING_NOWHERE);
    assert_int_equal(finding.l2_index, FINDING_NOWHERE);
    assert_int_equal(finding.offset, FINDING_NOWHERE);
    assert_int_equal(finding.other.role, CLAIMANT_NONE);
}

static void neighbours_in_a_table_are_joined(void **state)
{
    struct list_test test;
    const struct finding_list *list;

    (void)state;
    begin(&test, FINDING_DUPLICATE, 5);
    list = add(&test, 2);
    test.next.l2_index = 12;
    add(&test, 3);
    assert_int_equal(list->kept, 1);
    assert_int_equal(list->places, 1);
    assert_int_equal(list->total, 5);
    assert_int_equal(list->list[0].count, 5);
    assert_int_equal(list->list[0].guest_size, 5 * 4096);
    assert_int_equal(list->list[0].l2_index, 10);
    test.next.l2_index = 16;
    add(&test, 1);
    assert_int_equal(list->kept, 2);
    findings_free(&test.findings);
}

static void strangers_are_not_joined(void **state)
{
    (void)state;
    for (int change = 0; change < 5; change++) {
        struct list_test test;
        const struct finding_list *list;

        begin(&test, FINDING_L2_INVALID, 5);
        list = add(&test, 2);
        test.next.l2_index = 12;
        test.next.l1_index += change == 0;
        test.next.table_offset += change == 1;
        test.next.reason = change == 2 ? REASON_UNALIGNED : REASON_NONE;
        test.next.l2_index += change == 3;
        add(&test, 1);
        assert_int_equal(list->kept, change == 4 ? 1 : 2);
        assert_int_equal(list->total, 3);
        findings_free(&test.findings);
    }
}

static void bad_pointers_are_joined_by_l1_index(void **state)
{
    struct list_test test;
    const struct finding_list *list;

    (void)state;
    begin(&test, FINDING_L1_INVALID, 5);
    list = add(&test, 4);
    test.next.l1_index = 7;
    add(&test, 1);
    assert_int_equal(list->kept, 1);
    assert_int_equal(list->list[0].count, 5);
    findings_free(&test.findings);
}

/* An L1 element each, with a count of clusters: what follows is another one. */
static void shared_tables_are_not_joined(void **state)
{
    struct list_test test;

    (void)state;
    begin(&test, FINDING_TABLE_SHARED, 5);
    test.next.l2_index = FINDING_NOWHERE;
    add(&test, 1);
    test.next.l1_index = 4;
    assert_int_equal(add(&test, 1)->kept, 2);
    findings_free(&test.findings);
}

static void only_the_first_are_kept_and_all_counted(void **state)
{
    (void)state;
    for (size_t keep = 0; keep < 4; keep++) {
        struct list_test test;
        const struct finding_list *list = NULL;

        begin(&test, FINDING_DUPLICATE, keep);
        for (uint64_t i = 0; i < 10; i++) {
            test.next.l2_index = i * 4;
            add(&test, 1);
            test.next.l2_index = i * 4 + 1;
            list = add(&test, 1);
        }
        assert_int_equal(list->kept, keep);
        assert_int_equal(list->places, 10);
        assert_int_equal(list->total, 20);
        for (size_t i = 0; i < keep; i++) {
            assert_int_equal(list->list[i].l2_index, i * 4);
            assert_int_equal(list->list[i].count, 2);
        }
        findings_free(&test.findings);
    }
}

static void totals_by_severity(void **state)
{
    struct list_test test;

    (void)state;
    begin(&test, FINDING_LEAK, 1);
    add(&test, 5);
    test.next.kind = FINDING_DUPLICATE;
    add(&test, 2);
    test.next.kind = FINDING_L2_INVALID;
    add(&test, 3);
    test.next.kind = FINDING_TAIL;
    add(&test, 100);
    assert_int_equal(findings_total(&test.findings, SEVERITY_CORRUPTION), 5);
    assert_int_equal(findings_total(&test.findings, SEVERITY_LEAK), 5);
    assert_int_equal(findings_total(&test.findings, SEVERITY_NOTE), 100);
    findings_free(&test.findings);
    assert_int_equal(findings_total(&test.findings, SEVERITY_NOTE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_in_the_catalogue),
        cmocka_unit_test(severity_of_header_faults),
        cmocka_unit_test(names_of_enumerations),
        cmocka_unit_test(new_findings_know_nothing),
        cmocka_unit_test(neighbours_in_a_table_are_joined),
        cmocka_unit_test(strangers_are_not_joined),
        cmocka_unit_test(bad_pointers_are_joined_by_l1_index),
        cmocka_unit_test(shared_tables_are_not_joined),
        cmocka_unit_test(only_the_first_are_kept_and_all_counted),
        cmocka_unit_test(totals_by_severity),
    };

    return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
