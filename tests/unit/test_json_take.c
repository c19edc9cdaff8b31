/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/json_take.h"

#include <stdlib.h>
#include <string.h>

#include "bugreport/json_text.h"
#include "tests/unit/unit.h"

static json_t *object_of(const char *text)
{
    json_t *object = json_loads(text, JSON_ALLOW_NUL, NULL);

    assert_non_null(object);
    return object;
}

/* Takes the member "x" of an object in every way; fails in all of them but those named. */
static void expect_only(const char *text, const char *good)
{
    json_t *object = object_of(text);
    struct failure why = {0};
    char failed[8] = "", *name;

#define TRY(letter, call)                                                                          \
    do {                                                                                           \
        (void)(call);                                                                              \
        strcat(failed, why.text[0] ? "" : letter);                                                 \
        if (why.text[0])                                                                           \
            assert_ptr_equal(strstr(why.text, "x"), why.text);                                     \
        failure_clear(&why);                                                                       \
    } while (0)
    TRY("b", take_bool(object, "x", &why));
    TRY("r", take_real(object, "x", &why));
    TRY("i", take_integer(object, "x", -5, 5, &why));
    TRY("n", take_number(object, "x", &why));
    TRY("s", name = take_name(object, "x", &why));
    free(name);
    TRY("o", take_object(object, "x", &why));
    TRY("l", take_list(object, "x", &why));
#undef TRY
    assert_string_equal(failed, good);
    json_decref(object);
}

static void types_and_ranges_are_strict(void **state)
{
    (void)state;
    expect_only("{}", "");
    expect_only("{\"x\": null}", "");
    expect_only("{\"x\": true}", "b");
    expect_only("{\"x\": 5}", "rin");
    expect_only("{\"x\": 6}", "rn");
    expect_only("{\"x\": -5}", "i");
    expect_only("{\"x\": -6}", "");
    expect_only("{\"x\": 5.5}", "r");
    expect_only("{\"x\": -0.5}", "");
    expect_only("{\"x\": \"a\"}", "s");
    expect_only("{\"x\": \"a\\u0000b\"}", "");
    expect_only("{\"x\": \"0x\"}", "s");
    expect_only("{\"x\": \"0xfFf\"}", "s");
    expect_only("{\"x\": \"0x10000000000000000\"}", "s");
    expect_only("{\"x\": \"0x8000000000000000\"}", "ns");
    expect_only("{\"x\": {}}", "o");
    expect_only("{\"x\": []}", "l");
}

static void numbers_come_back(void **state)
{
    static const uint64_t numbers[] = {0, 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 1};
    struct failure why = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        json_t *object = json_pack("{s:o}", "x", json_number(numbers[i]));

        assert_int_equal(take_number(object, "x", &why), numbers[i]);
        assert_int_equal(take_number_or(object, "x", 7, &why), numbers[i]);
        assert_int_equal(take_number_or(object, "y", 7, &why), 7);
        assert_string_equal(why.text, "");
        json_decref(object);
    }
}

static void names_come_back(void **state)
{
    static const char *const names[] = {
        "",     "a", "\xff", "\xc3\xa4\n\x1b[1m", "\xe2\x80\xae", "\xed\xa0\x80", "\xef\xbf\xbd",
        "\xc2",
    };
    struct failure why = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        json_t *object = json_object(), *back;
        char *text, *name;

        assert_int_equal(json_set_name(object, "x", names[i]), 0);
        text = json_text(object, JSON_COMPACT, &why);
        back = object_of(text);
        name = take_name(back, "x", &why);
        assert_string_equal(why.text, "");
        assert_string_equal(name, names[i]);
        free(name);
        free(text);
        json_decref(back);
        json_decref(object);
    }
}

static void spoiled_names_are_refused(void **state)
{
    static const char *const texts[] = {
        "{\"x\": \"a\", \"x-b64\": \"A\"}",    "{\"x\": \"a\", \"x-b64\": \"AA=A\"}",
        "{\"x\": \"a\", \"x-b64\": \"AA==\"}", "{\"x\": \"a\", \"x-b64\": 5}",
        "{\"x\": \"a\", \"x-b64\": \"!\"}",    "{\"x-b64\": \"YQ==\"}",
    };
    struct failure why = {0};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        json_t *object = object_of(texts[i]);

        assert_null(take_name(object, "x", &why));
        assert_ptr_equal(strstr(why.text, "x"), why.text);
        failure_clear(&why);
        json_decref(object);
    }
}

static const char *word(unsigned i)
{
    static const char *const words[] = {"", "one", "two"};

    return words[i];
}

static void words_are_of_a_set(void **state)
{
    json_t *object = object_of("{\"a\": \"two\", \"b\": \"three\", \"c\": \"\", \"d\": 1}");
    struct failure why = {0};

    (void)state;
    assert_int_equal(take_word(object, "a", word, 3, &why), 2);
    assert_string_equal(why.text, "");
    EXPECT_FAILURE((take_word(object, "b", word, 3, &why), why.text[0]), &why, "b: three");
    EXPECT_FAILURE((take_word(object, "c", word, 3, &why), why.text[0]), &why, "c: ");
    EXPECT_FAILURE((take_word(object, "d", word, 3, &why), why.text[0]), &why, "d: is not text");
    EXPECT_FAILURE((take_word(object, "e", word, 3, &why), why.text[0]), &why, "e: missing");
    json_decref(object);
}

static void nothing_has_no_members(void **state)
{
    struct failure why = {0};

    (void)state;
    assert_false(json_has(NULL, "x"));
    EXPECT_FAILURE((take_bool(NULL, "x", &why), why.text[0]), &why, "x: missing");
    assert_int_equal(take_number_or(NULL, "x", 3, &why), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_ranges_are_strict),
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(names_come_back),
        cmocka_unit_test(spoiled_names_are_refused),
        cmocka_unit_test(words_are_of_a_set),
        cmocka_unit_test(nothing_has_no_members),
    };

    return cmocka_run_group_tests_name("json_take", tests, NULL, NULL);
}
