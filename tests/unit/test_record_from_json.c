/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/record_from_json.h"

#include <stdlib.h>
#include <string.h>

#include "bugreport/render/json.h"
#include "tests/unit/sick_record.h"

/* The text of a record, read and rendered again. */
static char *again(const char *text)
{
    json_t *object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    struct failure why = {0};
    struct record record;
    char *result;

    assert_non_null(object);
    EXPECT_OK(record_from_json(&record, object, &why), &why);
    json_decref(object);
    result = render_json(&record, &why);
    assert_non_null(result);
    record_free(&record);
    return result;
}

static void expect_same(const struct record *record)
{
    struct failure why = {0};
    char *text = render_json(record, &why), *back = again(text);

    assert_string_equal(back, text);
    free(back);
    free(text);
}

static void sick_records_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct record record;

        sick_record_make(&record, seed, seed % 2);
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
                            .host_extents = RECORD_UNKNOWN,
                            .table_size = UINT64_MAX - 1,
                            .qemu = {.error = "no", .exit_status = 1}};

    (void)state;
    expect_same(&record);
    record.has_figures = true;
    record.mean_run = 1e300;
    record.run_histogram[63] = UINT64_C(1) << 63;
    record.qemu = (struct qemu_check){.opens = true, .leaks = INT32_MIN, .corruptions = INT32_MAX};
    expect_same(&record);
}

/* What is not known is passed over, whatever it is and wherever it stands. */
static void unknown_members_are_passed_over(void **state)
{
    struct record record;
    struct failure why = {0};
    char *text, *back;
    json_t *object;

    (void)state;
    sick_record_make(&record, 7, true);
    text = render_json(&record, &why);
    record_free(&record);
    object = json_loads(text, 0, NULL);
    json_object_set_new(object, "new", json_pack("[i, {s:n}]", 5, "x"));
    json_object_set_new(json_object_get(object, "header"), "new", json_null());
    EXPECT_OK(record_from_json(&record, object, &why), &why);
    back = render_json(&record, &why);
    assert_string_equal(back, text);
    record_free(&record);
    json_decref(object);
    free(back);
    free(text);
}

static int read_text(const char *text, struct failure *why)
{
    json_t *object = json_loads(text, 0, NULL);
    struct record record;
    int result;

    assert_non_null(object);
    result = record_from_json(&record, object, why);
    record_free(&record);
    json_decref(object);
    return result;
}

static void failures_name_the_place(void **state)
{
    struct failure why = {0};

    (void)state;
    EXPECT_FAILURE(read_text("[]", &why), &why, "schema: missing");
    EXPECT_FAILURE(read_text("{\"schema\": 5}", &why), &why, "schema: is not text");
    EXPECT_FAILURE(read_text("{\"schema\": \"x\"}", &why), &why, "schema: is not " RECORD_SCHEMA);
    EXPECT_FAILURE(read_text("{\"schema\": \"" RECORD_SCHEMA "\"}", &why), &why,
                   "filename: missing");
}

/* Reads a record of which one member is spoiled; anything but a crash is fine. */
static unsigned try_spoiled(json_t *root, json_t *object)
{
    json_t *const wrong[] = {json_integer(-1), json_string("\xc3\xa4"), json_array(), json_null(),
                             json_pack("[{}]")};
    unsigned refused = 0;
    const char *key;
    json_t *member;
    void *next;

    json_object_foreach_safe(object, next, key, member)
    {
        json_incref(member);
        for (size_t i = 0; i < COUNT_OF(wrong); i++) {
            struct failure why = {0};
            struct record record;

            json_object_set(object, key, wrong[i]);
            refused += record_from_json(&record, root, &why) != 0;
            assert_int_equal(!record.filename || why.text[0], why.text[0] != 0);
            record_free(&record);
        }
        json_object_set_new(object, key, member);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        json_decref(wrong[i]);
    return refused;
}

static unsigned spoil_all(json_t *root, json_t *value)
{
    unsigned refused = json_is_object(value) ? try_spoiled(root, value) : 0;
    const char *key;
    json_t *item;
    size_t i;

    json_object_foreach(value, key, item) refused += spoil_all(root, item);
    json_array_foreach(value, i, item) refused += spoil_all(root, item);
    return refused;
}

static void spoiled_records_are_refused(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct failure why = {0};
        struct record record;
        json_t *root;

        sick_record_make(&record, seed, seed % 2);
        root = json_record(&record, &why);
        record_free(&record);
        assert_true(spoil_all(root, root) > 100);
        json_decref(root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sick_records_come_back),
        cmocka_unit_test(numbers_at_their_limits_come_back),
        cmocka_unit_test(unknown_members_are_passed_over),
        cmocka_unit_test(failures_name_the_place),
        cmocka_unit_test(spoiled_records_are_refused),
    };

    return cmocka_run_group_tests_name("record_from_json", tests, NULL, NULL);
}
