/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/fleets.h"
#include "tests/unit/folder.h"

static char folder[FOLDER_SIZE];

static int make_folder(void **state)
{
    (void)state;
    folder_make(folder);
    return chdir(folder);
}

static int remove_folder(void **state)
{
    (void)state;
    unlink("j");
    return chdir("/") || rmdir(folder);
}

static void put(const char *text)
{
    FILE *file = fopen("j", "a");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect_text(const char *expected)
{
    FILE *file = fopen("j", "r");
    char text[1024];
    size_t size;

    assert_non_null(file);
    size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

/* Opens the journal, reads it into a fleet and begins to write. */
static struct journal *begin(struct fleet *fleet)
{
    struct fleet_source source = {0};
    struct failure why = {0};
    struct journal *journal = NULL;
    FILE *in;

    fleet_init(fleet);
    EXPECT_OK(journal_open(&journal, "j", &why), &why);
    in = journal_reader(journal, &why);
    assert_non_null(in);
    EXPECT_OK(fleet_read(fleet, in, &source, &why), &why);
    fclose(in);
    EXPECT_OK(journal_begin(journal, &source, NULL, 0, &why), &why);
    return journal;
}

static void add(struct journal *journal, const char *path)
{
    struct fleet_entry entry = {.record.filename = (char *)(uintptr_t)path,
                                .status = ENTRY_VANISHED};
    struct failure why = {0};

    EXPECT_OK(journal_add(journal, &entry, &why), &why);
}

static void end(struct journal *journal, struct fleet *fleet)
{
    struct failure why = {0};

    EXPECT_OK(journal_close(journal, &why), &why);
    fleet_free(fleet);
}

#define LINE(path)                                                                                 \
    "{\"schema\":\"qedscrub-record/1\",\"filename\":\"" path "\",\"status\":\"vanished\"}\n"

static void records_come_back(void **state)
{
    struct fleet fleet;
    struct journal *journal = begin(&fleet);

    (void)state;
    assert_int_equal(fleet.count, 0);
    add(journal, "./a");
    expect_text(LINE("./a"));
    add(journal, "./b");
    end(journal, &fleet);
    journal = begin(&fleet);
    assert_int_equal(fleet.count, 2);
    assert_string_equal(fleet.entries[1].record.filename, "./b");
    end(journal, &fleet);
    expect_text(LINE("./a") LINE("./b"));
}

/* Wherever a line is cut, what follows stands in lines of its own. */
static void torn_ends_go(void **state)
{
    static const char second[] = LINE("./b");

    (void)state;
    for (size_t length = 1; length < sizeof(second); length++) {
        struct fleet fleet;
        struct journal *journal;
        bool whole = length >= sizeof(second) - 2;
        char part[sizeof(second)];

        snprintf(part, length + 1, "%s", second);
        put(LINE("./a"));
        put(part);
        journal = begin(&fleet);
        assert_int_equal(fleet.count, whole ? 2 : 1);
        add(journal, "./c");
        expect_text(whole ? LINE("./a") LINE("./b") LINE("./c") : LINE("./a") LINE("./c"));
        end(journal, &fleet);
        unlink("j");
    }
}

/* A file that we made for nothing is not left behind; what has taken its place is. */
static void empty_ones_go(void **state)
{
    struct fleet fleet;
    struct journal *journal = begin(&fleet);

    (void)state;
    assert_int_equal(access("j", F_OK), 0);
    end(journal, &fleet);
    assert_int_equal(access("j", F_OK), -1);
    journal = begin(&fleet);
    assert_int_equal(rename("j", "k"), 0);
    put(LINE("./a"));
    end(journal, &fleet);
    expect_text(LINE("./a"));
    unlink("j");
    put("");
    assert_int_equal(unlink("k"), 0);
    end(begin(&fleet), &fleet);
    expect_text("");
}

static void images_are_refused(void **state)
{
    struct fleet_source source = {.torn = true};
    struct failure why = {0};
    struct journal *journal = NULL;
    struct stat inputs[2] = {{0}};

    (void)state;
    put("something");
    assert_int_equal(stat("j", &inputs[1]), 0);
    EXPECT_OK(journal_open(&journal, "j", &why), &why);
    EXPECT_FAILURE(journal_begin(journal, &source, inputs, 2, &why), &why, "one of the images");
    journal_close(journal, &why);
    expect_text("something");
}

static void one_at_a_time(void **state)
{
    struct fleet fleet;
    struct journal *journal = begin(&fleet), *second = NULL;
    struct failure why = {0};

    (void)state;
    EXPECT_FAILURE(journal_open(&second, "j", &why), &why, "still running");
    assert_null(second);
    end(journal, &fleet);
}

static void none_is_no_harm(void **state)
{
    struct fleet_source source = {0};
    struct failure why = {0};

    (void)state;
    assert_false(journal_is(NULL, "j"));
    EXPECT_OK(journal_begin(NULL, &source, NULL, 0, &why), &why);
    add(NULL, "./a");
    EXPECT_OK(journal_close(NULL, &why), &why);
}

static void known_by_what_it_is(void **state)
{
    struct fleet fleet;
    struct journal *journal = begin(&fleet);

    (void)state;
    assert_true(journal_is(journal, "./j") && journal_is(journal, "j"));
    assert_false(journal_is(journal, ".") || journal_is(journal, "k"));
    end(journal, &fleet);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(records_come_back),   TEST(torn_ends_go),  TEST(images_are_refused),
        TEST(empty_ones_go),       TEST(one_at_a_time), TEST(none_is_no_harm),
        TEST(known_by_what_it_is),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
