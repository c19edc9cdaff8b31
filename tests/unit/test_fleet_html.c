/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "bugreport/render/formats.h"
#include "tests/unit/unit.h"

static struct fleet_entry *add(struct fleet *fleet, const char *path)
{
    struct failure why = {0};
    struct fleet_entry *entry = fleet_add(fleet, path, &why);

    assert_non_null(entry);
    return entry;
}

static char *render(struct fleet *fleet)
{
    struct failure why = {0};
    char *page = NULL;
    size_t size;
    FILE *out = open_memstream(&page, &size);

    assert_non_null(out);
    EXPECT_OK(fleet_finish(fleet, &why), &why);
    policy_judge(fleet);
    EXPECT_OK(render_fleet_html(out, fleet, &(struct render_options){0}, &why), &why);
    assert_int_equal(fclose(out), 0);
    return page;
}

static size_t count(const char *page, const char *part)
{
    size_t found = 0;

    for (; (page = strstr(page, part)); page++)
        found++;
    return found;
}

static void worst_comes_first(void **state)
{
    struct fleet fleet;
    struct fleet_entry *entry;
    char *page;

    (void)state;
    fleet_init(&fleet);
    entry = add(&fleet, "./a-good");
    entry->record.has_figures = true;
    entry->record.allocated_clusters = 100;
    entry->record.fragmented_percent = 7;
    strcpy(entry->record.sketch.guest, "..88.");
    strcpy(entry->record.sketch.file, "h12dd");
    entry = add(&fleet, "./b-bad");
    entry->record.verdict = VERDICT_CORRUPT;
    entry->record.has_figures = true;
    entry->record.corruptions = 3;
    entry->record.kinds[FINDING_DUPLICATE] = 3;
    entry = add(&fleet, "./c-gone");
    entry->status = ENTRY_UNREADABLE;
    entry->message = strdup("cannot <read>");
    page = render(&fleet);
    assert_non_null(strstr(page, "2 of 3 images fail"));
    assert_true(strstr(page, "./b-bad") < strstr(page, "./a-good"));
    assert_non_null(strstr(page, "cannot &lt;read&gt;"));
    /* Who has a part of its own is linked to it; who has maps shows them. */
    assert_int_equal(count(page, "href=\"#image-"), 2);
    assert_int_equal(count(page, " id=\"image-"), 2);
    assert_int_equal(count(page, "class=\"sketch\""), 2);
    assert_non_null(
        strstr(page, "<rect class=\"data\" x=\"2\" y=\"0\" width=\"2\" height=\"8\"/>"));
    assert_non_null(strstr(page, "5 to 10 %</th><td>1</td><td>100.0 %"));
    free(page);
    fleet_free(&fleet);
}

static void hostile_names_are_text(void **state)
{
    static const char *const names[] = {"./plain", "./<script>", "./\"><img src=x>", "./</table>",
                                        "./&lt;",  "./@IMAGES@", "./\xff\x1b[2J"};
    size_t elements = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct fleet fleet;
        char *page;

        fleet_init(&fleet);
        add(&fleet, names[i])->status = ENTRY_CRASHED;
        page = render(&fleet);
        if (i == 0)
            elements = count(page, "<");
        assert_int_equal(count(page, "<"), elements);
        free(page);
        fleet_free(&fleet);
    }
}

static void large_fleets_are_cut(void **state)
{
    struct fleet fleet;
    char *page;

    (void)state;
    fleet_init(&fleet);
    for (unsigned i = 0; i < 2500; i++) {
        char path[32];

        snprintf(path, sizeof(path), "./%u", i);
        add(&fleet, path)->status = ENTRY_CRASHED;
    }
    page = render(&fleet);
    assert_non_null(strstr(page, "and 500 more"));
    assert_int_equal(count(page, " id=\"image-"), 200);
    free(page);
    fleet_free(&fleet);
}

static void an_empty_fleet_has_a_page(void **state)
{
    struct fleet fleet;
    char *page;

    (void)state;
    fleet_init(&fleet);
    page = render(&fleet);
    assert_non_null(strstr(page, "Nothing is wrong with any image."));
    free(page);
    fleet_free(&fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worst_comes_first),
        cmocka_unit_test(hostile_names_are_text),
        cmocka_unit_test(large_fleets_are_cut),
        cmocka_unit_test(an_empty_fleet_has_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
