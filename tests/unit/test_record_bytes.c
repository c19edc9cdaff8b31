/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/record_bytes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/render/json.h"
#include "tests/unit/sick_record.h"

static char *json_of(const struct record *record)
{
    struct failure why = {0};
    char *text = render_json(record, &why);

    assert_non_null(text);
    return text;
}

static void expect_same(const struct record *record)
{
    struct failure why = {0};
    struct record again;
    size_t size;
    unsigned char *bytes = record_to_bytes(record, &size, &why);
    char *text = json_of(record), *back;

    assert_non_null(bytes);
    EXPECT_OK(record_from_bytes(&again, bytes, size, &why), &why);
    back = json_of(&again);
    assert_string_equal(back, text);
    record_free(&again);
    free(bytes);
    free(back);
    free(text);
}

static void sick_records_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct record record;

        sick_record_make(&record, seed, false);
        if (seed % 2) {
            strcpy(record.sketch.guest, ".12345678zx?");
            strcpy(record.sketch.file, "h12dlt");
        }
        expect_same(&record);
        record_free(&record);
    }
}

static void numbers_at_their_limits_come_back(void **state)
{
    char name[] = "";
    struct record record = {.filename = name,
                            .virtual_size = RECORD_UNKNOWN,
                            .actual_size = UINT64_C(1) << 63,
                            .has_figures = true,
                            .mean_run = 1e300,
                            .run_histogram[63] = UINT64_C(1) << 63,
                            .qemu = {.opens = true, .leaks = INT32_MIN, .corruptions = INT32_MAX}};

    (void)state;
    expect_same(&record);
}

/* Bytes in a buffer of their own, so that a tool sees who reads beyond. */
static int read_exactly(const unsigned char *bytes, size_t size, struct failure *why)
{
    unsigned char *exact = malloc(size + !size);
    struct record record;
    int result;

    memcpy(exact, bytes, size);
    result = record_from_bytes(&record, exact, size, why);
    if (!result)
        free(json_of(&record));
    record_free(&record);
    free(exact);
    return result;
}

static void not_all_or_too_much(void **state)
{
    struct failure why = {0};
    struct record record;
    unsigned char *bytes, *more;
    size_t size;

    (void)state;
    sick_record_make(&record, 3, false);
    bytes = record_to_bytes(&record, &size, &why);
    for (size_t part = 0; part < size; part++)
        EXPECT_FAILURE(read_exactly(bytes, part, &why), &why, "nonsense came: ");
    more = calloc(1, size + 1);
    memcpy(more, bytes, size);
    EXPECT_FAILURE(read_exactly(more, size + 1, &why), &why, "goes on behind its end");
    record_free(&record);
    free(bytes);
    free(more);
}

/* What is not refused can be shown: read_exactly() renders it. */
static unsigned spoil_bytes(unsigned char *bytes, size_t size)
{
    static const uint64_t wrong[] = {
        0, 1, 2, 3, 65, 1000, UINT32_MAX, UINT64_MAX, 0x7ff8 * (UINT64_C(1) << 48)};
    unsigned refused = 0;

    for (size_t at = 0; at + sizeof(uint64_t) <= size; at++) {
        uint64_t right = bytes_load64(bytes + at);

        for (size_t i = 0; i < COUNT_OF(wrong); i++) {
            struct failure why = {0};

            bytes_store64(bytes + at, wrong[i]);
            refused += read_exactly(bytes, size, &why) != 0;
        }
        bytes_store64(bytes + at, right);
    }
    return refused;
}

static void spoiled_records_are_refused(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct failure why = {0};
        struct record record;
        unsigned char *bytes;
        size_t size;

        sick_record_make(&record, seed, false);
        strcpy(record.sketch.guest, "8z");
        bytes = record_to_bytes(&record, &size, &why);
        assert_true(spoil_bytes(bytes, size) > 100);
        record_free(&record);
        free(bytes);
    }
}

static void findings_in_disorder(void **state)
{
    struct failure why = {0};
    struct record_finding findings[2] = {{.finding = finding_make(FINDING_TAIL)},
                                         {.finding = finding_make(FINDING_LEAK)}};
    struct record record = {.findings = findings, .finding_count = 2};
    size_t size;

    (void)state;
    EXPECT_FAILURE(!record_to_bytes(&record, &size, &why), &why, "findings are in disorder");
}

static void what_cannot_be_shown_is_not_sent(void **state)
{
    struct failure why = {0};
    struct record record = {.mean_run = NAN};
    size_t size;

    (void)state;
    EXPECT_FAILURE(!record_to_bytes(&record, &size, &why), &why, "a number is out of range");
    record = (struct record){.qemu.error = "\033[31m"};
    EXPECT_FAILURE(!record_to_bytes(&record, &size, &why), &why, "a text is none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sick_records_come_back),
        cmocka_unit_test(numbers_at_their_limits_come_back),
        cmocka_unit_test(not_all_or_too_much),
        cmocka_unit_test(spoiled_records_are_refused),
        cmocka_unit_test(findings_in_disorder),
        cmocka_unit_test(what_cannot_be_shown_is_not_sent),
    };

    return cmocka_run_group_tests_name("record_bytes", tests, NULL, NULL);
}
