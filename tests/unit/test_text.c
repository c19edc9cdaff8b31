/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static char *render(const struct record *record)
{
    struct failure why = {0};
    char *text = render_text(record, &why);

    assert_non_null(text);
    return text;
}

static struct record empty_record(char *filename)
{
    return (struct record){.filename = filename,
                           .actual_size = RECORD_UNKNOWN,
                           .host_extents = RECORD_UNKNOWN,
                           .qemu = {.opens = true}};
}

/* As qemu-img info writes sizes. */
static void sizes_are_qemu_imgs(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B (0 bytes)"},
        {512, "512 B (512 bytes)"},
        {999, "999 B (999 bytes)"},
        {1000, "0.977 KiB (1000 bytes)"},
        {1023, "0.999 KiB (1023 bytes)"},
        {1024, "1 KiB (1024 bytes)"},
        {1536, "1.5 KiB (1536 bytes)"},
        {65536, "64 KiB (65536 bytes)"},
        {1047552, "0.999 MiB (1047552 bytes)"},
        {1610612736, "1.5 GiB (1610612736 bytes)"},
        {UINT64_C(1) << 46, "64 TiB (70368744177664 bytes)"},
        {UINT64_C(1) << 63, "8 EiB (9223372036854775808 bytes)"},
        {UINT64_MAX, "16 EiB (18446744073709551615 bytes)"},
    };
    char buffer[TEXT_SIZE_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(text_size(buffer, cases[i].bytes), cases[i].text);
}

static void first_line_is_qemu_imgs(void **state)
{
    char name[] = "image.qed";
    struct record record = empty_record(name);
    char *text = render(&record);

    (void)state;
    assert_true(!strncmp(text, "No errors were found on the image.\n", 35));
    free(text);
    record.qemu.total_clusters = 200;
    record.qemu.allocated_clusters = 100;
    text = render(&record);
    assert_true(!strncmp(text, "100/200 = 50.00% allocated, ", 28));
    free(text);
    record.qemu = (struct qemu_check){.error = "QED table size is invalid"};
    text = render(&record);
    assert_non_null(strstr(text, "QED table size is invalid"));
    free(text);
}

/* No byte of a name reaches the terminal raw that could do anything there. */
static void hostile_names_are_quoted(void **state)
{
    static const char *const names[] = {"a\nVerdict: consistent",
                                        "\x1b]0;title\a",
                                        "\xff\xfe",
                                        "\xe2\x80\xae"
                                        "deq.exe",
                                        "\xc2\x9b"
                                        "2J",
                                        "\r"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *name = strdup(names[i]);
        struct record record = empty_record(name);
        char *text;

        record.has_backing_file = true;
        record.backing_name = name;
        text = render(&record);
        assert_null(strstr(text, names[i]));
        for (const char *at = text; *at; at++)
            assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
        assert_non_null(strstr(text, "image: \""));
        free(text);
        free(name);
    }
}

static void figures_are_there_or_withheld(void **state)
{
    char name[] = "image.qed";
    struct record record = empty_record(name);
    char *text;

    (void)state;
    record.virtual_size = RECORD_UNKNOWN;
    record.file_size = 4096;
    text = render(&record);
    assert_non_null(strstr(text, "4 KiB (4096 bytes)"));
    assert_null(strstr(text, "18446744073709551615"));
    assert_null(strstr(text, "disk size"));
    assert_non_null(strstr(text, "tables could not be walked"));
    free(text);
    record.has_figures = true;
    record.runs = 7;
    record.run_histogram[5] = 7;
    text = render(&record);
    for (const struct record_field *field = record_fields; field->key; field++) {
        if (!field->of_host)
            assert_non_null(strstr(text, field->label));
    }
    assert_non_null(strstr(text, "32 to 63 "));
    free(text);
}

static void verdict_and_flags(void **state)
{
    char name[] = "image.qed";

    (void)state;
    for (int verdict = VERDICT_CONSISTENT; verdict <= VERDICT_UNSUPPORTED; verdict++) {
        struct record record = empty_record(name);
        char *text, expected[64];

        record.verdict = (enum verdict)verdict;
        snprintf(expected, sizeof(expected), "Verdict: %s\n", verdict_name((enum verdict)verdict));
        text = render(&record);
        assert_non_null(strstr(text, expected));
        free(text);
    }
}

/* What is listed and what is only counted adds up to all. */
static void findings_that_are_not_listed(void **state)
{
    char name[] = "image.qed";
    struct record record = empty_record(name);
    struct record_finding listed = {.finding = finding_make(FINDING_DUPLICATE)};
    char *text;

    (void)state;
    listed.finding.table_offset = 0x3000;
    listed.finding.l1_index = 1;
    listed.finding.l2_index = 17;
    listed.finding.count = 4;
    record.findings = &listed;
    record.finding_count = 1;
    record.kinds[FINDING_DUPLICATE] = 10;
    text = render(&record);
    assert_non_null(strstr(text, "duplicate"));
    assert_non_null(strstr(text, "count 10"));
    assert_non_null(strstr(text, "4x in the table at 0x3000, L1 index 1, L2 index 17"));
    assert_non_null(strstr(text, "and 6 more"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_qemu_imgs),      cmocka_unit_test(first_line_is_qemu_imgs),
        cmocka_unit_test(hostile_names_are_quoted), cmocka_unit_test(figures_are_there_or_withheld),
        cmocka_unit_test(verdict_and_flags),        cmocka_unit_test(findings_that_are_not_listed),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
