/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/html.h"

#include <stdlib.h>
#include <string.h>

#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "tests/unit/unit.h"

static struct record record_of(char *filename)
{
    return (struct record){.filename = filename,
                           .actual_size = RECORD_UNKNOWN,
                           .host_extents = RECORD_UNKNOWN,
                           .qemu = {.opens = true}};
}

static char *render(const struct record *record)
{
    struct failure why = {0};
    char *page = render_html(record, &why);

    assert_non_null(page);
    return page;
}

static char *written(void (*write)(FILE *, const char *), const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    write(out, name);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void five_characters_are_escaped(void **state)
{
    char *text = written(html_text, "a<b>&\"c'");

    (void)state;
    assert_string_equal(text, "a&lt;b&gt;&amp;&quot;c&#39;");
    free(text);
    text = written(html_name, "\x1b[2J<i>");
    assert_string_equal(text, "&quot;\\033[2J&lt;i&gt;&quot;");
    free(text);
}

static void counts_have_commas(void **state)
{
    static const struct {
        uint64_t count;
        const char *text;
    } cases[] = {{0, "0"},
                 {12, "12"},
                 {999, "999"},
                 {1000, "1,000"},
                 {123456, "123,456"},
                 {1234567, "1,234,567"},
                 {UINT64_MAX, "18,446,744,073,709,551,615"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(HTML_COUNT(cases[i].count), cases[i].text);
}

static void sizes_are_short(void **state)
{
    (void)state;
    assert_string_equal(HTML_SIZE(0), "0 B");
    assert_string_equal(HTML_SIZE(1023), "1023 B");
    assert_string_equal(HTML_SIZE(65536), "64 KiB");
    assert_string_equal(HTML_SIZE(UINT64_C(3) << 29), "1.5 GiB");
    assert_string_equal(HTML_SIZE(UINT64_MAX), "16 EiB");
}

/* Shares fill the height, and what is rare is seen. */
static void stacks_show_what_is_rare(void **state)
{
    static const struct {
        uint64_t values[3], whole;
        int heights[3];
    } cases[] = {
        {{10, 0, 0}, 10, {10, 0, 0}},
        {{5, 0, 0}, 10, {5, 0, 0}},
        {{1, 0, 0}, 1000000, {2, 0, 0}},
        {{1000000, 1, 1}, 1000002, {6, 2, 2}},
        {{5, 5, 1}, 11, {4, 4, 2}},
        {{0, 0, 0}, 7, {0, 0, 0}},
        {{UINT64_MAX / 2, UINT64_MAX / 2, 0}, UINT64_MAX, {5, 5, 0}},
    };
    int heights[3];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        html_stack(cases[i].values, 3, cases[i].whole, heights);
        assert_memory_equal(heights, cases[i].heights, sizeof(heights));
    }
}

/* No name opens an element or leaves an attribute. */
static void hostile_names_are_text(void **state)
{
    static const char *const names[] = {"<script>alert(1)</script>",
                                        "\"><img src=x onerror=alert(1)>",
                                        "</main></body>",
                                        "&lt;b&gt;",
                                        "@STYLE@",
                                        "\xff<!--",
                                        "]]>"};
    char harmless[] = "image.qed";
    struct record record = record_of(harmless);
    char *plain = render(&record);
    size_t elements = 0;

    (void)state;
    for (const char *at = plain; (at = strchr(at, '<')); at++)
        elements++;
    free(plain);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *name = strdup(names[i]), *page;
        size_t count = 0;

        record.filename = name;
        page = render(&record);
        for (const char *at = page; (at = strchr(at, '<')); at++)
            count++;
        assert_int_equal(count, elements);
        free(page);
        free(name);
    }
}

/* A page without figures, an atlas, or a copy says so and draws nothing. */
static void parts_without_content_are_left_out(void **state)
{
    char name[] = "image.qed";
    struct record record = record_of(name);
    char *page = render(&record);

    (void)state;
    assert_null(strstr(page, "role=\"img\""));
    assert_null(strstr(page, "id=\"copy\""));
    assert_null(strstr(page, "id=\"host\""));
    assert_non_null(strstr(page, "id=\"findings\""));
    free(page);
}

/* Nothing on a page is fetched, run, or left unfilled. */
static void pages_are_self_contained(void **state)
{
    static const char *const absent[] = {"<script", "<link",    "src=",   "href=",  "@import",
                                         "http://", "https://", "@BODY@", "@NAME@", "@STYLE@"};
    char name[] = "image.qed";
    struct record record = record_of(name);
    char *page = render(&record);
    const char *charset = strstr(page, "<meta charset");

    (void)state;
    for (size_t i = 0; i < COUNT_OF(absent); i++)
        assert_null(strstr(page, absent[i]));
    assert_true(charset && charset < strstr(page, "<title"));
    assert_non_null(strstr(page, "default-src 'none'"));
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_characters_are_escaped),
        cmocka_unit_test(counts_have_commas),
        cmocka_unit_test(sizes_are_short),
        cmocka_unit_test(stacks_show_what_is_rare),
        cmocka_unit_test(hostile_names_are_text),
        cmocka_unit_test(parts_without_content_are_left_out),
        cmocka_unit_test(pages_are_self_contained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
