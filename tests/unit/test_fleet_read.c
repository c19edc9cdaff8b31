/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/fleet_read.h"

#include "tests/unit/fleets.h"

#define RECORD(name)                                                                               \
    "{\"schema\": \"qedscrub-record/1\", \"filename\": \"" name "\", \"status\": \"vanished\"}\n"
#define POLICY(leaked)                                                                             \
    "\"policy\": {\"fail-on\": [\"corrupt\"], \"max-fragmentation\": null, "                       \
    "\"max-leaked\": " leaked ", \"baseline\": false}"
#define SUMMARY(paths, more)                                                                       \
    "{\"schema\": \"qedscrub-summary/1\", \"paths\": " paths ", " more POLICY("0") "}\n"
#define DONE "\"interrupted\": false, "

static int read_text(struct fleet *fleet, struct fleet_source *source, const char *text,
                     struct failure *why)
{
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    int result = fleet_read(fleet, in, source, why);

    fclose(in);
    return result;
}

/* Reads a text and says how many entries it has and whether it is cut. */
static void expect(const char *text, size_t count, bool cut)
{
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    fleet_init(&fleet);
    EXPECT_OK(read_text(&fleet, &source, text, &why), &why);
    assert_int_equal(fleet.count, count);
    assert_int_equal(source.records, count);
    assert_int_equal(source.cut, cut);
    if (cut)
        assert_true(fleet.interrupted);
    fleet_free(&fleet);
}

static void cuts_show(void **state)
{
    (void)state;
    expect(" \n", 0, false);
    expect(SUMMARY("0", DONE), 0, false);
    expect(RECORD("a") RECORD("b") SUMMARY("2", DONE), 2, false);
    expect(RECORD("a") RECORD("b"), 2, true);
    expect(RECORD("a") SUMMARY("2", DONE), 1, true);
    expect(RECORD("a") "{\"schema\": \"qed", 1, true);
    expect(RECORD("a") "{\"schema\": \"qedscrub-record/1\"", 1, true);
    expect(RECORD("a") SUMMARY("1", DONE) RECORD("b"), 2, true);
    expect(RECORD("a") SUMMARY("1", DONE) RECORD("b") SUMMARY("1", DONE), 2, false);
    expect(RECORD("a") SUMMARY("2", DONE) RECORD("b") SUMMARY("1", DONE), 2, true);
}

/* Wherever the file of an audit ends early, it is known to be cut. */
static void every_cut_shows(void **state)
{
    static const char text[] = RECORD("a") RECORD("b") SUMMARY("2", DONE);
    char part[sizeof(text)];

    (void)state;
    for (size_t length = 1; length < sizeof(text) - 2; length++) {
        struct fleet fleet;
        struct fleet_source source = {0};
        struct failure why = {0};

        memcpy(part, text, length);
        part[length] = '\0';
        fleet_init(&fleet);
        EXPECT_OK(read_text(&fleet, &source, part, &why), &why);
        assert_true(source.cut && fleet.interrupted);
        fleet_free(&fleet);
    }
}

static struct fleet_source last_source;

/* What fleet_read() says of the end of a file, and which part of it is whole. */
static void expect_end(const char *text, size_t size, bool torn, uint64_t whole)
{
    FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    fleet_init(&fleet);
    EXPECT_OK(fleet_read(&fleet, in, &source, &why), &why);
    fclose(in);
    assert_int_equal(source.torn, torn);
    assert_int_equal(source.whole, whole);
    last_source = source;
    fleet_free(&fleet);
}

static void ends_are_told(void **state)
{
    static const char text[] = RECORD("a") RECORD("b") "\0\0\0\0\0";
    const size_t first = strlen(RECORD("a")), both = 2 * first;

    (void)state;
    expect_end(" ", 1, false, 0);
    expect_end("{", 1, true, 0);
    for (size_t length = first; length <= both + 5; length++) {
        bool inside = length > first && length < both - 1;

        expect_end(text, length, inside || length > both,
                   length >= both - 1 ? both - 1 : first - 1);
    }
}

/* Zero bytes are what a power failure leaves: at the end, or with what was written behind them. */
static void zeros_end_a_file(void **state)
{
    static const char text[] = RECORD("a") "{\"sch\0\0\0" RECORD("b");
    const size_t first = strlen(RECORD("a"));

    (void)state;
    expect_end("\0\0", 2, true, 0);
    for (size_t length = first + 1; length < sizeof(text); length++) {
        expect_end(text, length, true, first - 1);
        assert_int_equal(last_source.holed, length > first + 8);
        assert_int_equal(last_source.records, 1);
        assert_true(last_source.cut);
    }
    expect_end(text, first, false, first - 1);
    assert_false(last_source.holed);
}

#define DATED(status, time)                                                                        \
    "{\"schema\": \"qedscrub-record/1\", \"filename\": \"a\", \"status\": \"" status               \
    "\", \"identity\": {\"size\": 1, \"inode\": 2, \"device\": 3, \"links\": 1, "                  \
    "\"mtime-ns\": " time "}}\n"

/* In one file the last line of a path holds; of several files the one of the later image. */
static void last_lines_hold(void **state)
{
    static const char text[] =
        DATED("timeout", "9") DATED("crashed", "5") RECORD("b") DATED("unreadable", "1");
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    (void)state;
    fleet_init(&fleet);
    EXPECT_OK(read_text(&fleet, &source, DATED("in-use", "3"), &why), &why);
    EXPECT_OK(read_text(&fleet, &source, text, &why), &why);
    assert_int_equal(source.records, 5);
    assert_int_equal(fleet.count, 3);
    assert_string_equal(fleet.entries[1].record.filename, "./a");
    assert_int_equal(fleet.entries[1].status, ENTRY_UNREADABLE);
    fleets_finish(&fleet);
    assert_int_equal(fleet.count, 2);
    assert_int_equal(fleet.entries[0].status, ENTRY_IN_USE);
    fleet_free(&fleet);
}

static void interrupted_runs_stay_so(void **state)
{
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    (void)state;
    fleet_init(&fleet);
    EXPECT_OK(read_text(&fleet, &source, SUMMARY("0", "\"interrupted\": true, "), &why), &why);
    assert_true(fleet.interrupted && !source.cut);
    fleet_free(&fleet);
}

static void a_fleet_is_read_as_one_value(void **state)
{
    (void)state;
    expect("{\"schema\": \"qedscrub-fleet/1\", \"images\": [" RECORD("a") "," RECORD(
               "b") "], \"summary\": " SUMMARY("2", DONE) "}" RECORD("c") SUMMARY("1", DONE),
           3, false);
}

static void shards_are_collected(void **state)
{
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    (void)state;
    fleet_init(&fleet);
    EXPECT_OK(read_text(&fleet, &source,
                        SUMMARY("0", DONE "\"shards\": {\"count\": 3, \"present\": [1, 3]}, "),
                        &why),
              &why);
    assert_false(fleet_is_complete(&fleet));
    EXPECT_OK(read_text(&fleet, &source,
                        SUMMARY("0", DONE "\"shards\": {\"count\": 3, \"present\": [2]}, "), &why),
              &why);
    assert_true(fleet_is_complete(&fleet));
    EXPECT_FAILURE(read_text(&fleet, &source,
                             SUMMARY("0", DONE "\"shards\": {\"count\": 4, \"present\": [2]}, "),
                             &why),
                   &why, "not of one run");
    fleet_free(&fleet);
}

static void policies_are_compared(void **state)
{
    static const char other[] =
        "{\"schema\": \"qedscrub-summary/1\", \"paths\": 0, " DONE POLICY("5") "}";
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    (void)state;
    fleet_init(&fleet);
    EXPECT_OK(read_text(&fleet, &source, SUMMARY("0", DONE) SUMMARY("0", DONE), &why), &why);
    assert_true(source.has_policy && !source.policies_differ);
    assert_int_equal(source.policy.fail_on, 1u << CAUSE_CORRUPT);
    EXPECT_OK(read_text(&fleet, &source, other, &why), &why);
    assert_true(source.policies_differ);
    fleet_free(&fleet);
}

static void anything_else_is_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"x", "value 1: is not a JSON object"},
        {RECORD("a") "}", "value 2: is not a JSON object"},
        {"[]", "value 1: is not a JSON object"},
        {" {x }", "value 1: is not JSON, line 1, column 2"},
        {"{}", "value 1: schema: missing"},
        {"{\"schema\": 1}", "value 1: schema: is not text"},
        {"{\"schema\": \"other/1\"}", "value 1: schema: other/1 is not known"},
        {"{\"schema\": \"a\", \"schema\": \"b\"}", "value 1: is not JSON"},
        {"{\"schema\": \"qedscrub-record/1\"}", "value 1: filename: missing"},
        {"{\"schema\": \"qedscrub-record/1\", \"filename\": \"a\", \"status\": \"odd\"}",
         "value 1: status: odd"},
        {"{\"schema\": \"qedscrub-record/1\", \"filename\": \"a\", \"status\": \"crashed\", "
         "\"identity\": {}}",
         "value 1: size: missing"},
        {"{\"schema\": \"qedscrub-summary/1\"}", "value 1: summary: paths: missing"},
        {"{\"schema\": \"qedscrub-fleet/1\", \"images\": [5]}", "value 1: summary: missing"},
        {"{\"schema\": \"qedscrub-fleet/1\", \"images\": [5], \"summary\": {}}",
         "value 1: images 1: schema: missing"},
        {SUMMARY("0", DONE "\"shards\": {\"count\": 3, \"present\": [4]}, "),
         "value 1: present: is not a list of shards"},
        {SUMMARY("0", DONE "\"shards\": {\"count\": 99999999, \"present\": []}, "),
         "value 1: count: is out of range"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fleet fleet;
        struct fleet_source source = {0};
        struct failure why = {0};

        fleet_init(&fleet);
        EXPECT_FAILURE(read_text(&fleet, &source, cases[i].text, &why), &why, cases[i].says);
        fleet_free(&fleet);
    }
}

/* A value without end takes a bounded amount of memory. */
static void values_are_bounded(void **state)
{
    size_t size = FLEET_READ_LIMIT + 100;
    char *text = malloc(size + 1);
    struct fleet fleet;
    struct fleet_source source = {0};
    struct failure why = {0};

    (void)state;
    memset(text, 'a', size);
    memcpy(text, "{\"", 2);
    text[size] = '\0';
    fleet_init(&fleet);
    EXPECT_FAILURE(read_text(&fleet, &source, text, &why), &why, "takes more than");
    fleet_free(&fleet);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_show),
        cmocka_unit_test(every_cut_shows),
        cmocka_unit_test(ends_are_told),
        cmocka_unit_test(zeros_end_a_file),
        cmocka_unit_test(last_lines_hold),
        cmocka_unit_test(interrupted_runs_stay_so),
        cmocka_unit_test(a_fleet_is_read_as_one_value),
        cmocka_unit_test(shards_are_collected),
        cmocka_unit_test(policies_are_compared),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(values_are_bounded),
    };

    return cmocka_run_group_tests_name("fleet_read", tests, NULL, NULL);
}
