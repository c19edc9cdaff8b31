/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/json.h"

#include <nettle/base64.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

static json_t *render(const struct record *record)
{
    struct failure why = {0};
    char *text = render_json(record, &why);
    json_t *object;

    assert_non_null(text);
    assert_int_equal(text[strlen(text) - 1], '\n');
    object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    free(text);
    return object;
}

/* A record with nothing in it but what cannot be left out. */
static struct record empty_record(char *filename)
{
    return (struct record){.filename = filename,
                           .actual_size = RECORD_UNKNOWN,
                           .host_extents = RECORD_UNKNOWN,
                           .qemu = {.opens = true}};
}

static const char *string_at(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void names_that_are_utf8_stay(void **state)
{
    static const char *const names[] = {"",         "image.qed",        "a\nb\"\\",
                                        "\xc3\xa4", "\xf0\x9f\x92\xbe", "\xe2\x80\xae"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *object = json_object();

        assert_int_equal(json_set_name(object, "name", names[i]), 0);
        assert_string_equal(string_at(object, "name"), names[i]);
        assert_null(json_object_get(object, "name-b64"));
        json_decref(object);
    }
}

/* Bytes of any kind: readable text, and the exact bytes beside it. */
static void other_names_are_told_twice(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        json_t *object = json_object();
        struct base64_decode_ctx base64;
        uint8_t back[64];
        char name[40] = {0};
        size_t length = 1 + prng_below(&prng, 38), size = sizeof(back);
        const char *text;

        for (size_t i = 0; i < length; i++)
            name[i] = (char)(1 + prng_below(&prng, 255));
        name[prng_below(&prng, length)] = '\xff';
        assert_int_equal(json_set_name(object, "name", name), 0);
        assert_non_null(strstr(string_at(object, "name"), "\xef\xbf\xbd"));
        text = string_at(object, "name-b64");
        base64_decode_init(&base64);
        assert_true(base64_decode_update(&base64, &size, back, strlen(text), text));
        assert_true(base64_decode_final(&base64));
        assert_int_equal(size, length);
        assert_memory_equal(back, name, length);
        json_decref(object);
    }
}

static void every_field_has_its_key(void **state)
{
    char name[] = "x";
    struct record record = empty_record(name);
    json_t *object;
    uint64_t value = 1;

    (void)state;
    record.has_figures = true;
    for (const struct record_field *field = record_fields; field->key; field++) {
        char *at = (char *)&record + field->at;

        if (field->type == FIELD_COUNT || field->type == FIELD_BYTES)
            *(uint64_t *)(void *)at = value++;
        else if (field->type == FIELD_REAL)
            *(double *)(void *)at = (double)value++ + 0.25;
    }
    object = render(&record);
    value = 1;
    for (const struct record_field *field = record_fields; field->key; field++) {
        json_t *item = json_object_get(object, field->key);

        assert_non_null(item);
        if (field->type == FIELD_COUNT || field->type == FIELD_BYTES)
            assert_int_equal(json_integer_value(item), value++);
        else if (field->type == FIELD_REAL)
            assert_true(json_real_value(item) == (double)value++ + 0.25);
        else
            assert_true(json_is_boolean(item));
    }
    assert_string_equal(string_at(object, "schema"), RECORD_SCHEMA);
    assert_string_equal(string_at(object, "format"), "qed");
    json_decref(object);
}

static void numbers_at_their_limits(void **state)
{
    char name[] = "x";
    struct record record = empty_record(name);
    json_t *object;

    (void)state;
    record.virtual_size = RECORD_UNKNOWN;
    record.file_size = INT64_MAX;
    record.cluster_size = UINT64_C(1) << 63;
    record.table_size = RECORD_UNKNOWN - 1;
    object = render(&record);
    assert_true(json_is_null(json_object_get(object, "virtual-size")));
    assert_int_equal(json_integer_value(json_object_get(object, "file-size")), INT64_MAX);
    assert_string_equal(string_at(object, "cluster-size"), "0x8000000000000000");
    assert_string_equal(string_at(object, "table-size"), "0xfffffffffffffffe");
    assert_null(json_object_get(object, "actual-size"));
    assert_null(json_object_get(object, "leaks"));
    assert_null(json_object_get(object, "run-histogram"));
    assert_null(json_object_get(object, "copy"));
    json_decref(object);
}

static void what_qemu_says(void **state)
{
    char name[] = "x";
    struct record record = empty_record(name);
    json_t *object, *qemu;

    (void)state;
    record.qemu = (struct qemu_check){.opens = true, .leaks = -1610022897, .exit_status = 3};
    object = render(&record);
    qemu = json_object_get(object, "qemu-img");
    assert_int_equal(json_integer_value(json_object_get(qemu, "leaks")), -1610022897);
    assert_null(json_object_get(qemu, "error"));
    json_decref(object);
    record.qemu = (struct qemu_check){.error = "no", .exit_status = 1};
    object = render(&record);
    qemu = json_object_get(object, "qemu-img");
    assert_string_equal(string_at(qemu, "error"), "no");
    assert_null(json_object_get(qemu, "leaks"));
    json_decref(object);
}

/* The first finding of a kind, in the JSON of an image with one of them. */
static json_t *find_kind(json_t *object, const char *kind)
{
    json_t *findings = json_object_get(object, "findings");

    for (size_t i = 0; i < json_array_size(findings); i++) {
        json_t *finding = json_array_get(findings, i);

        if (!strcmp(string_at(finding, "kind"), kind))
            return finding;
    }
    return NULL;
}

static json_t *render_sick_image(void)
{
    const struct audit_options options = {.keep = 10};
    struct audit *audit = test_malloc(sizeof(*audit));
    struct tiny_image image;
    struct record record;
    struct failure why = {0};
    json_t *object;

    tiny_image_init(&image, 2, 1, 10, 10);
    tiny_image_set_l1(&image, 0, tiny_offset(3));
    tiny_image_set_l1(&image, 5, tiny_offset(20));
    tiny_image_set(&image, tiny_offset(3), 0, tiny_offset(6));
    tiny_image_set(&image, tiny_offset(3), 7, tiny_offset(6));
    tiny_image_set(&image, tiny_offset(3), 9, UINT64_C(0x2174736575472049));
    EXPECT_OK(audit_run(audit, &image.memory.source, &options, &why), &why);
    EXPECT_OK(record_make(&record, audit, "image.qed", &why), &why);
    object = render(&record);
    record_free(&record);
    audit_free(audit);
    test_free(audit);
    tiny_image_free(&image);
    return object;
}

static void findings_tell_where(void **state)
{
    json_t *object = render_sick_image(), *finding, *place, *claimant;

    (void)state;
    finding = find_kind(object, "duplicate");
    assert_string_equal(string_at(finding, "severity"), "corruption");
    assert_int_equal(json_integer_value(json_object_get(finding, "count")), 1);
    place = json_array_get(json_object_get(finding, "listed"), 0);
    assert_int_equal(json_integer_value(json_object_get(place, "table-offset")), tiny_offset(3));
    assert_int_equal(json_integer_value(json_object_get(place, "l2-index")), 7);
    assert_int_equal(json_integer_value(json_object_get(place, "offset")), tiny_offset(6));
    assert_int_equal(json_integer_value(json_object_get(place, "guest-position")), tiny_offset(7));
    claimant = json_object_get(place, "claimed-by");
    assert_string_equal(string_at(claimant, "role"), "data");
    assert_int_equal(json_integer_value(json_object_get(claimant, "l2-index")), 0);
    place = json_array_get(json_object_get(find_kind(object, "l2-invalid"), "listed"), 0);
    assert_string_equal(string_at(place, "value"), "redacted");
    assert_string_equal(string_at(place, "reason"), "unaligned");
    place = json_array_get(json_object_get(find_kind(object, "l1-invalid"), "listed"), 0);
    assert_string_equal(string_at(place, "value"), "0x0000000000014000");
    assert_null(json_object_get(place, "l2-index"));
    assert_null(find_kind(object, "tail"));
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_utf8_stay), cmocka_unit_test(other_names_are_told_twice),
        cmocka_unit_test(every_field_has_its_key),  cmocka_unit_test(numbers_at_their_limits),
        cmocka_unit_test(what_qemu_says),           cmocka_unit_test(findings_tell_where),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
