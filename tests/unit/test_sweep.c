/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/sweep.h"

#include "qedscrub/find.h"
#include "tests/unit/folder.h"
#include "tests/unit/image_file.h"

static char folder[FOLDER_SIZE];

static int make_tree(void **state)
{
    (void)state;
    folder_make(folder);
    if (chdir(folder) || mkdir("d", 0700))
        return -1;
    image_file_make("d/a");
    image_file_make("d/c");
    return link("d/a", "d/b") || symlink("nowhere", "dangling");
}

static int remove_tree(void **state)
{
    (void)state;
    unlink("d/c"); /* one test removes it */
    return unlink("d/a") || unlink("d/b") || unlink("dangling") || rmdir("d") || chdir("/") ||
           rmdir(folder);
}

static const struct options *options(void)
{
    static const struct options set = {
        .command = COMMAND_AUDIT, .output = "human", .jobs = 2, .no_sandbox = true};

    return &set;
}

static void find(struct files *files, char *const *paths, size_t count, const struct fleet *old)
{
    struct find_options find_options = {.old = old};
    struct failure why = {0};
    size_t skipped = 0;

    files_init(files);
    EXPECT_OK(find_images(files, paths, count, &find_options, &skipped, &why), &why);
}

static void sweep(struct fleet *fleet, struct files *files, const struct fleet *old)
{
    struct failure why = {0};

    fleet_init(fleet);
    assert_int_equal(sweep_run(fleet, files, old, NULL, options(), &why), 0);
    EXPECT_OK(fleet_finish(fleet, &why), &why);
    assert_false(fleet->interrupted);
    files_free(files);
}

static enum entry_status status_of(const struct fleet *fleet, const char *path)
{
    const struct fleet_entry *entry = fleet_find(fleet, path);

    assert_non_null(entry);
    assert_int_equal(entry->message == NULL, entry->status == ENTRY_OK);
    return entry->status;
}

static void every_name_has_an_entry(void **state)
{
    struct fleet fleet;
    struct files files;

    (void)state;
    find(&files, (char *[]){"d", "missing", "dangling"}, 3, NULL);
    sweep(&fleet, &files, NULL);
    assert_int_equal(fleet.count, 5);
    for (size_t i = 0; i < 3; i++) {
        char path[] = {'.', '/', 'd', '/', (char)('a' + i), '\0'};
        const struct fleet_entry *entry = fleet_find(&fleet, path);

        assert_int_equal(status_of(&fleet, path), ENTRY_OK);
        assert_int_equal(entry->record.leaks, 1);
        assert_true(entry->has_identity && !entry->has_seconds);
        assert_int_equal(entry->identity.links, i < 2 ? 2 : 1);
    }
    assert_int_equal(fleet_find(&fleet, "./d/b")->first_link, 0);
    assert_int_equal(status_of(&fleet, "./missing"), ENTRY_UNREADABLE);
    assert_int_equal(status_of(&fleet, "./dangling"), ENTRY_UNREADABLE);
    fleet_free(&fleet);
}

static void what_vanishes_has_an_entry(void **state)
{
    struct fleet fleet;
    struct files files;

    (void)state;
    find(&files, (char *[]){"d"}, 1, NULL);
    assert_int_equal(unlink("d/c"), 0);
    sweep(&fleet, &files, NULL);
    assert_int_equal(status_of(&fleet, "./d/a"), ENTRY_OK);
    assert_int_equal(status_of(&fleet, "./d/c"), ENTRY_VANISHED);
    fleet_free(&fleet);
}

/* What an earlier run knows is taken from it: here it claims what is not so. */
static void what_is_known_is_not_read(void **state)
{
    struct fleet old, fleet;
    struct files files;

    (void)state;
    find(&files, (char *[]){"d"}, 1, NULL);
    sweep(&old, &files, NULL);
    for (size_t i = 0; i < old.count; i++)
        old.entries[i].record.leaks = 100;
    assert_int_equal(utimensat(AT_FDCWD, "d/c", (struct timespec[]){{1, 1}, {1, 1}}, 0), 0);
    find(&files, (char *[]){"d"}, 1, &old);
    sweep(&fleet, &files, &old);
    assert_int_equal(fleet.count, 3);
    assert_int_equal(fleet_find(&fleet, "./d/a")->record.leaks, 100);
    assert_int_equal(fleet_find(&fleet, "./d/b")->record.leaks, 100);
    assert_int_equal(fleet_find(&fleet, "./d/c")->record.leaks, 1);
    fleet_free(&old);
    fleet_free(&fleet);
}

/* What is known costs no file, and does not go to the journal again. */
static void all_else_goes_to_the_journal(void **state)
{
    struct fleet_source source = {0};
    struct failure why = {0};
    struct journal *journal = NULL;
    struct fleet old, fleet, kept;
    struct files files;

    (void)state;
    find(&files, (char *[]){"d"}, 1, NULL);
    sweep(&old, &files, NULL);
    assert_int_equal(utimensat(AT_FDCWD, "d/c", (struct timespec[]){{1, 1}, {1, 1}}, 0), 0);
    EXPECT_OK(journal_open(&journal, "j", &why), &why);
    find(&files, (char *[]){"d", "missing"}, 2, &old);
    fleet_init(&fleet);
    assert_int_equal(sweep_run(&fleet, &files, &old, journal, options(), &why), 0);
    assert_int_equal(fleet.count, 4);
    fleet_init(&kept);
    EXPECT_OK(journal_read(journal, &kept, &source, &why), &why);
    EXPECT_OK(fleet_finish(&kept, &why), &why);
    assert_int_equal(kept.count, 2);
    assert_int_equal(status_of(&kept, "./d/c"), ENTRY_OK);
    assert_int_equal(status_of(&kept, "./missing"), ENTRY_UNREADABLE);
    EXPECT_OK(journal_close(journal, &why), &why);
    assert_int_equal(unlink("j"), 0);
    files_free(&files);
    fleet_free(&kept);
    fleet_free(&old);
    fleet_free(&fleet);
}

/* The time of what is taken over is that of the run that read it, where that took it. */
static void times_are_kept(void **state)
{
    struct options timed = *options();
    struct failure why = {0};
    struct fleet old, fleet;
    struct files files;

    (void)state;
    timed.timings = true;
    find(&files, (char *[]){"d"}, 1, NULL);
    sweep(&old, &files, NULL);
    for (size_t i = 0; i < old.count; i++) {
        old.entries[i].has_seconds = !strcmp(old.entries[i].record.filename, "./d/a");
        old.entries[i].seconds = old.entries[i].has_seconds ? 123.25 : 0;
    }
    find(&files, (char *[]){"d"}, 1, &old);
    fleet_init(&fleet);
    assert_int_equal(sweep_run(&fleet, &files, &old, NULL, &timed, &why), 0);
    EXPECT_OK(fleet_finish(&fleet, &why), &why);
    assert_true(fleet_find(&fleet, "./d/a")->seconds == 123.25);
    assert_true(fleet_find(&fleet, "./d/b")->seconds == 123.25);
    assert_false(fleet_find(&fleet, "./d/c")->has_seconds);
    files_free(&files);
    fleet_free(&old);
    fleet_free(&fleet);
}

static void nothing_to_do(void **state)
{
    struct fleet fleet;
    struct files files;

    (void)state;
    find(&files, NULL, 0, NULL);
    sweep(&fleet, &files, NULL);
    assert_int_equal(fleet.count, 0);
    fleet_free(&fleet);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)
    const struct CMUnitTest tests[] = {
        TEST(every_name_has_an_entry),
        TEST(what_vanishes_has_an_entry),
        TEST(what_is_known_is_not_read),
        TEST(all_else_goes_to_the_journal),
        TEST(times_are_kept),
        TEST(nothing_to_do),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
