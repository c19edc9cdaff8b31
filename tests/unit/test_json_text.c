/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/json_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "tests/unit/unit.h"

static void text_of(const char *name, const char *expected)
{
    json_t *value = json_string(name), *back;
    struct failure why = {0};
    char *text = json_text(value, JSON_ENCODE_ANY | JSON_COMPACT, &why);

    assert_string_equal(text, expected);
    back = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(back), name);
    free(text);
    json_decref(back);
    json_decref(value);
}

static void unsafe_characters_are_escaped(void **state)
{
    (void)state;
    text_of("plain \xc3\xa4 \xf0\x9f\x92\xbe", "\"plain \xc3\xa4 \xf0\x9f\x92\xbe\"");
    text_of("\x1b\n\t\"\\", "\"\\u001B\\n\\t\\\"\\\\\"");
    text_of("\x7f", "\"\\u007f\"");
    text_of("\xc2\x9b", "\"\\u009b\"");
    text_of("a\xe2\x80\xae\xc3\xa4", "\"a\\u202e\xc3\xa4\"");
    text_of("\xe2\x80\xa8", "\"\\u2028\"");
    text_of("\xef\xbb\xbf", "\"\\ufeff\"");
    text_of("\xf3\xa0\x81\x81", "\"\\udb40\\udc41\"");
}

/* Any bytes as a name: what comes out is UTF-8 without anything unsafe, and reads back. */
static void no_name_gets_through_unsafe(void **state)
{
    struct prng prng = {3};
    struct failure why = {0};

    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        json_t *object = json_object();
        char name[33] = {0}, *text;

        for (size_t i = 0; i < 32; i++)
            name[i] = (char)(1 + prng_below(&prng, prng_one_in(&prng, 2) ? 255 : 40));
        assert_int_equal(json_set_name(object, "x", name), 0);
        text = json_text(object, JSON_COMPACT, &why);
        for (size_t at = 0, size; text[at]; at += size) {
            unsigned character = 0;

            size = quote_utf8(text + at, strlen(text + at), &character);
            assert_true(size > 0 && !quote_is_unsafe(character));
        }
        free(text);
        json_decref(object);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsafe_characters_are_escaped),
        cmocka_unit_test(no_name_gets_through_unsafe),
    };

    return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
