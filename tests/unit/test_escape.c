/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/escape.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

static char *written(const char *text, escape_put *put)
{
    char *result = NULL;
    size_t size;
    FILE *out = open_memstream(&result, &size);

    if (put)
        escape_text(out, text, put);
    else
        escape_csv(out, text);
    fclose(out);
    return result;
}

static void expect(escape_put *put, const char *text, const char *expected)
{
    char *result = written(text, put);

    assert_string_equal(result, expected);
    free(result);
}

static void plain_text_stays(void **state)
{
    static escape_put *const puts[] = {escape_put_plain,   escape_put_xml,
                                       escape_put_label,   escape_put_markdown,
                                       escape_put_message, escape_put_property};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(puts); i++)
        expect(puts[i], "./dir/image-1.qed \xc3\xa4", "./dir/image-1.qed \xc3\xa4");
    expect(NULL, "./a b", "\"./a b\"");
    expect(NULL, "", "\"\"");
}

static void each_format_has_its_rules(void **state)
{
    (void)state;
    expect(escape_put_plain, "a\n\xff", "\"a\\n\\377\"");
    expect(escape_put_plain, "\"", "\"\\\"\"");
    expect(escape_put_xml, "<a b='c'>&]]>", "&#60;a b=&#39;c&#39;&#62;&#38;]]&#62;");
    expect(escape_put_xml, "a\x1b", "&#34;a\\033&#34;");
    expect(escape_put_label, "a\"\\", "a\\\"\\\\");
    expect(escape_put_label, "a\n", "\\\"a\\\\n\\\"");
    expect(escape_put_markdown, "|`<b>_*", "&#124;&#96;&#60;b&#62;&#95;&#42;");
    expect(escape_put_message, "100%0A:,", "100%250A:,");
    expect(escape_put_property, "100%0A:,", "100%250A%3A%2C");
    expect(NULL, "a,\"b\"", "\"a,\"\"b\"\"\"");
    expect(NULL, "=1+1", "\"'=1+1\"");
    expect(NULL, "+1", "\"'+1\"");
    expect(NULL, "-1", "\"'-1\"");
    expect(NULL, "@a", "\"'@a\"");
    expect(NULL, "'=1+1", "\"''=1+1\"");
    expect(NULL, "it's", "\"it's\"");
    expect(NULL, "\t=1", "\"\"\"\\t=1\"\"\"");
}

/* No length is cut: names are told in full. */
static void long_names_are_told_in_full(void **state)
{
    char *name = malloc(100001), *result;

    (void)state;
    memset(name, '\xff', 100000);
    name[100000] = '\0';
    result = written(name, escape_put_plain);
    assert_int_equal(strlen(result), 400002);
    free(result);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(each_format_has_its_rules),
        cmocka_unit_test(long_names_are_told_in_full),
    };

    return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
