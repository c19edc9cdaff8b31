/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/formats.h"

#include "base/quote.h"
#include "tests/unit/fleets.h"

static const char *const hostile[] = {"a\nb",     "a\x1b[31m",   "a\xc2\x9b", "a\xe2\x80\xae",
                                      "\xff\xfe", "a\"b'c",      "a,b;c",     "=cmd|' /C calc'",
                                      "+1",       "-rf",         "@x",        "a|b",
                                      "<script>", "]]>",         "a%0Ab%",    "::error::",
                                      "&amp;",    "a\\nb",       "`x`",       "a\tb\r",
                                      "\x7f",     "\xef\xbf\xbf"};

/* Fills a fleet with the hostile names, in an order that the turn decides, and with everything
 * else that there can be. */
static void fill(struct fleet *fleet, size_t turn)
{
    size_t count = COUNT_OF(hostile);

    fleet_init(fleet);
    fleet->policy.max_fragmentation = 5;
    fleet->policy.has_baseline = true;
    for (size_t i = 0; i < count; i++) {
        size_t which = (i + turn) % count;
        struct fleet_entry *entry =
            fleets_add_overlay(fleet, hostile[which], hostile[(which + 1) % count]);

        fleets_damage(entry, which % 3, which % 5);
        entry->record.kinds[FINDING_DUPLICATE] = which % 3;
        entry->record.fragmented_percent = (double)which;
        entry->record.dirty_flag = which % 4 == 0;
        entry->has_seconds = which % 2;
        entry->seconds = 1.5;
        entry->known = which % 7 ? 0 : ~0u;
    }
    for (unsigned status = 1; status < ENTRY_STATUSES; status++)
        fleets_add_other(fleet, hostile[status + 5], (enum entry_status)status, hostile[status]);
    for (unsigned status = 1; status < ENTRY_STATUSES; status++)
        fleets_add_other(fleet, entry_status_name((enum entry_status)status),
                         (enum entry_status)status, hostile[status]);
    fleets_finish(fleet);
}

static char *rendered(const struct format_row *row, const struct fleet *fleet, unsigned width)
{
    const struct render_options options = {.width = width};
    struct failure why = {0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    EXPECT_OK(row->render(out, fleet, &options, &why), &why);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(strlen(text), size);
    return text;
}

static void rows_are_complete(void **state)
{
    (void)state;
    for (const struct format_row *row = format_rows; row->name; row++) {
        assert_ptr_equal(format_find(row->name), row);
        assert_non_null(row->render);
        assert_non_null(row->file_type);
    }
    assert_null(format_find("xls"));
    assert_null(format_find(""));
}

static void no_format_holds_anything_unsafe(void **state)
{
    struct fleet fleet;

    (void)state;
    fill(&fleet, 0);
    for (const struct format_row *row = format_rows; row->name; row++) {
        bool is_csv = !strcmp(row->name, "csv");
        char *text = rendered(row, &fleet, 0);

        for (size_t at = 0, size; text[at]; at += size) {
            unsigned character = 0;

            size = quote_utf8(text + at, strlen(text + at), &character);
            assert_true(size > 0);
            assert_true(character == '\n' || (is_csv && !strncmp(text + at, "\r\n", 2)) ||
                        !quote_is_unsafe(character));
        }
        assert_true(text[0] && text[strlen(text) - 1] == '\n');
        free(text);
    }
    fleet_free(&fleet);
}

/* What was added first, or read first, does not show. */
static void the_order_of_adding_does_not_matter(void **state)
{
    (void)state;
    for (const struct format_row *row = format_rows; row->name; row++) {
        char *first = NULL;

        for (size_t turn = 0; turn < 5; turn++) {
            struct fleet fleet;
            char *text;

            fill(&fleet, turn);
            text = rendered(row, &fleet, 0);
            fleet_free(&fleet);
            if (first) {
                assert_string_equal(text, first);
                free(text);
            } else {
                first = text;
            }
        }
        free(first);
    }
}

static void an_empty_fleet_has_a_rendering(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_finish(&fleet);
    for (const struct format_row *row = format_rows; row->name; row++) {
        char *text = rendered(row, &fleet, 80);

        assert_true(text[0]);
        free(text);
    }
    fleet_free(&fleet);
}

/* Of the rows; the sentences behind the empty line may wrap. */
static size_t longest_row(const char *text)
{
    size_t longest = 0;

    while (*text && *text != '\n') {
        size_t length = strcspn(text, "\n");

        longest = length > longest ? length : longest;
        text += length + 1;
    }
    return longest;
}

static void the_table_fits(void **state)
{
    char name[3001];
    struct fleet fleet;
    char *text;

    (void)state;
    fill(&fleet, 0);
    memset(name, 'x', 3000);
    strcpy(name + 2990, "/end.qed");
    fleets_add(&fleet, name);
    fleets_finish(&fleet);
    for (unsigned width = 60; width <= 200; width += 20) {
        text = rendered(format_find("human"), &fleet, width);
        assert_true(longest_row(text) <= width);
        assert_non_null(strstr(text, "xxx/end.qed\n"));
        free(text);
    }
    text = rendered(format_find("human"), &fleet, 0);
    assert_true(longest_row(text) > 3000);
    free(text);
    fleet_free(&fleet);
}

/* Rows from the worst on: the numbers say what must come before what. */
static void the_table_begins_with_the_worst(void **state)
{
    static const char *const order[] = {"./much", "./corrupt", "./broken", "./leaky",
                                        "./frag", "./dirty",   "./fine"};
    struct fleet fleet;
    char *text, *at;

    (void)state;
    fleet_init(&fleet);
    fleet.policy.max_fragmentation = 5;
    fleets_add(&fleet, "fine");
    fleets_add(&fleet, "dirty")->record.dirty_flag = true;
    fleets_add(&fleet, "frag")->record.fragmented_percent = 6;
    fleets_damage(fleets_add(&fleet, "leaky"), 0, 9);
    fleets_add_other(&fleet, "broken", ENTRY_CRASHED, "died");
    fleets_damage(fleets_add(&fleet, "corrupt"), 1, 9);
    fleets_damage(fleets_add(&fleet, "much"), 2, 0);
    fleets_finish(&fleet);
    at = text = rendered(format_find("human"), &fleet, 0);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        at = strstr(at, order[i]);
        assert_non_null(at);
    }
    free(text);
    fleet_free(&fleet);
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;

    while ((text = strstr(text, what))) {
        text += strlen(what);
        count++;
    }
    return count;
}

static void annotations_are_ten_of_a_level(void **state)
{
    (void)state;
    for (unsigned images = 9; images <= 12; images++) {
        struct fleet fleet;
        char *text, path[16];

        fleet_init(&fleet);
        for (unsigned i = 0; i < 2 * images; i++) {
            snprintf(path, sizeof(path), "%u", i);
            if (i % 2)
                fleets_damage(fleets_add(&fleet, path), 1, 0);
            else
                fleets_add(&fleet, path)->record.dirty_flag = true;
        }
        fleets_finish(&fleet);
        text = rendered(format_find("github"), &fleet, 0);
        assert_int_equal(count_of(text, "::error "), images > 10 ? 10 : images);
        assert_int_equal(count_of(text, "::warning "), images > 10 ? 10 : images);
        assert_int_equal(count_of(text, "more images"), images > 10 ? 2 : 0);
        free(text);
        fleet_free(&fleet);
    }
}

static void what_is_missing_is_named(void **state)
{
    static const char *const formats[] = {"human", "markdown", "github", "junit"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct fleet fleet;
        struct failure why = {0};
        char *text;

        fill(&fleet, 0);
        EXPECT_OK(fleet_add_shard(&fleet, 2, 4, &why), &why);
        fleet.interrupted = true;
        text = rendered(format_find(formats[i]), &fleet, 0);
        assert_non_null(strstr(text, "shards missing: 1, 3, 4 of 4"));
        assert_non_null(strstr(text, "incomplete"));
        free(text);
        fleet_free(&fleet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(no_format_holds_anything_unsafe),
        cmocka_unit_test(the_order_of_adding_does_not_matter),
        cmocka_unit_test(an_empty_fleet_has_a_rendering),
        cmocka_unit_test(the_table_fits),
        cmocka_unit_test(the_table_begins_with_the_worst),
        cmocka_unit_test(annotations_are_ten_of_a_level),
        cmocka_unit_test(what_is_missing_is_named),
    };

    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
