/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

/* Encodes without any rule but the bit patterns, in a form of a given size. */
static size_t encode(unsigned c, size_t size, char *out)
{
    static const unsigned char leads[] = {0, 0x00, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(leads[size] | c);
    return size;
}

static size_t shortest(unsigned c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static bool is_surrogate(unsigned c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

static void every_character_in_every_form(void **state)
{
    static const unsigned limits[] = {0, 0x80, 0x800, 0x10000, 0x200000};

    (void)state;
    for (size_t size = 1; size <= 4; size++) {
        for (unsigned c = 0; c < limits[size]; c++) {
            char bytes[4];
            unsigned decoded = c + 1;
            size_t length = encode(c, size, bytes);
            bool good = size == shortest(c) && c <= 0x10ffff && !is_surrogate(c);

            assert_int_equal(quote_utf8(bytes, length, &decoded), good ? size : 0);
            assert_int_equal(decoded, good ? c : c + 1);
            assert_int_equal(quote_utf8(bytes, length - 1, &decoded), 0);
        }
    }
}

static void stray_bytes_are_no_character(void **state)
{
    unsigned c;

    (void)state;
    for (int byte = 0x80; byte < 0x100; byte++) {
        const char bytes[4] = {(char)byte, 'x', 'x', 'x'};

        assert_int_equal(quote_utf8(bytes, sizeof(bytes), &c), 0);
    }
    assert_int_equal(quote_utf8("\xe2\x82x", 3, &c), 0);
    assert_int_equal(quote_utf8("\xf8\x88\x80\x80\x80", 5, &c), 0);
}

static const char *quoted(const char *name)
{
    static char buffer[QUOTE_SIZE];

    return quote_into(buffer, sizeof(buffer), name);
}

static void harmless_text_passes(void **state)
{
    static const char *const names[] = {"a",
                                        "image.qed",
                                        "/path/with space",
                                        "back\\slash",
                                        "it's \"quoted\" inside",
                                        "-rf",
                                        "gr\xc3\xbc\xc3\x9f.qed",
                                        "\xe6\x97\xa5\xe6\x9c\xac",
                                        "\xf0\x9f\x92\xbe",
                                        "\xc2\xa0"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_string_equal(quoted(names[i]), names[i]);
}

static void harmful_text_is_escaped(void **state)
{
    static const char *const pairs[][2] = {
        {"", "\"\""},
        {"\"", "\"\\\"\""},
        {"a\nb", "\"a\\nb\""},
        {"\t\r\\\"", "\"\\t\\r\\\\\\\"\""},
        {"\x1b[2J", "\"\\033[2J\""},
        {"\x7f", "\"\\177\""},
        {"\xff", "\"\\377\""},
        {"\xc0\xaf", "\"\\300\\257\""},
        {"\xed\xa0\x80", "\"\\355\\240\\200\""},
        {"\xc2\x85", "\"\\302\\205\""},
        {"\xe2\x80\xae"
         "cod.exe",
         "\"\\342\\200\\256cod.exe\""},
        {"\xef\xbb\xbf", "\"\\357\\273\\277\""},
        {"\x01"
         "7",
         "\"\\0017\""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++)
        assert_string_equal(quoted(pairs[i][0]), pairs[i][1]);
}

/* The table of characters that move the cursor, turn the text or hide. */
static void unsafe_characters(void **state)
{
    static const struct {
        unsigned first, last;
    } unsafe[] = {{0x01, 0x1f},       {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
                  {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
                  {0xe0000, 0xe007f}, {0xfdd0, 0xfdef}};

    (void)state;
    for (unsigned c = 1; c <= 0x10ffff; c++) {
        char name[8] = "x";
        bool expected = false;

        if (is_surrogate(c))
            continue;
        for (size_t i = 0; i < COUNT_OF(unsafe); i++)
            expected |= c >= unsafe[i].first && c <= unsafe[i].last;
        expected |= (c & 0xfffe) == 0xfffe;
        name[1 + encode(c, shortest(c), name + 1)] = '\0';
        assert_int_equal(quoted(name)[0] == '"', expected);
    }
}

/* Reads a quoted form back. Returns the length. */
static size_t unquote(const char *text, char *out)
{
    static const char letters[] = "n\nt\tr\r\"\"\\\\";
    size_t used = 0;

    if (text[0] != '"') {
        strcpy(out, text);
        return strlen(text);
    }
    for (text++; *text != '"'; text++) {
        const char *letter = NULL;

        assert_int_not_equal(*text, '\0');
        if (*text != '\\') {
            out[used++] = *text;
            continue;
        }
        text++;
        for (size_t i = 0; i < sizeof(letters) - 1; i += 2)
            letter = letters[i] == *text ? &letters[i + 1] : letter;
        if (letter) {
            out[used++] = *letter;
            continue;
        }
        out[used++] = (char)((text[0] - '0') * 64 + (text[1] - '0') * 8 + text[2] - '0');
        text += 2;
    }
    assert_int_equal(text[1], '\0');
    return used;
}

static void escapes_are_reversible(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 20000; round++) {
        char bytes[64], buffer[QUOTE_SIZE], back[QUOTE_SIZE];
        size_t length = prng_below(&prng, sizeof(bytes));
        bool text = prng_one_in(&prng, 3);

        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)(text ? 32 + prng_below(&prng, 95) : prng_next(&prng));
        quote_bytes(buffer, sizeof(buffer), bytes, length);
        assert_int_equal(unquote(buffer, back), length);
        assert_memory_equal(back, bytes, length);
    }
}

static void every_byte_is_escaped_reversibly(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char bytes[2] = {(char)byte, (char)byte};
        char buffer[QUOTE_SIZE], back[QUOTE_SIZE];

        for (const char *at = quote_bytes(buffer, sizeof(buffer), bytes, 2); *at; at++)
            assert_in_range(*at, 0x20, 0x7e);
        assert_int_equal(unquote(buffer, back), 2);
        assert_memory_equal(back, bytes, 2);
    }
}

static void long_text_is_cut_inside_the_buffer(void **state)
{
    char name[200];

    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        memset(name, "x\n\xff"[kind], sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        for (size_t size = 6; size < 900; size++) {
            char buffer[901];
            size_t length;

            memset(buffer, '#', sizeof(buffer));
            length = strlen(quote_into(buffer, size, name));
            assert_true(length < size);
            assert_int_equal(buffer[size], '#');
            if (size < 200)
                assert_string_equal(buffer + length - 4, "...\"");
            if (size > 810)
                assert_null(strstr(buffer, "..."));
        }
    }
}

/* The result of the macro lives to the end of the block. */
static void several_in_one_expression(void **state)
{
    char both[64];

    (void)state;
    snprintf(both, sizeof(both), "%s %s", QUOTE("a\n"), QUOTE("b\n"));
    assert_string_equal(both, "\"a\\n\" \"b\\n\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_in_every_form),
        cmocka_unit_test(stray_bytes_are_no_character),
        cmocka_unit_test(harmless_text_passes),
        cmocka_unit_test(harmful_text_is_escaped),
        cmocka_unit_test(unsafe_characters),
        cmocka_unit_test(escapes_are_reversible),
        cmocka_unit_test(every_byte_is_escaped_reversibly),
        cmocka_unit_test(long_text_is_cut_inside_the_buffer),
        cmocka_unit_test(several_in_one_expression),
    };

    return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
