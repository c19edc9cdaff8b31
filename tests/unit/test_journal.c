/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/fleets.h"
#include "tests/unit/folder.h"
#include "tests/unit/others.h"

static char folder[FOLDER_SIZE];

static int make_folder(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
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

    fleet_init(fleet);
    EXPECT_OK(journal_open(&journal, "j", &why), &why);
    EXPECT_OK(journal_read(journal, fleet, &source, &why), &why);
    EXPECT_OK(journal_begin(journal, NULL, 0, &why), &why);
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
    struct fleet_source source = {0};
    struct failure why = {0};
    struct journal *journal = NULL;
    struct stat inputs[2] = {{0}};
    struct fleet fleet;

    (void)state;
    put(LINE("./a") "{");
    assert_int_equal(stat("j", &inputs[1]), 0);
    fleet_init(&fleet);
    EXPECT_OK(journal_open(&journal, "j", &why), &why);
    EXPECT_OK(journal_read(journal, &fleet, &source, &why), &why);
    assert_true(source.torn);
    EXPECT_FAILURE(journal_begin(journal, inputs, 2, &why), &why, "one of the images");
    journal_close(journal, &why);
    fleet_free(&fleet);
    expect_text(LINE("./a") "{");
}

static void put_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen("j", "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* What is cut has to be ours: records, or the beginning of one. Anything else stays as it is. */
static void foreign_files_stay(void **state)
{
#define START      "{\"schema\":\"qedscrub-record/1\""
#define CASE(text) text, sizeof(text) - 1
    static const struct {
        const char *bytes;
        size_t size;
        bool ours;
    } cases[] = {
        {CASE("\0\0\0\0\0\0\0\0"), false},
        {CASE("{\"name\": \"a\", \"mor"), false},
        {CASE("{ \"schema\":\"qedscrub-record/1\","), false},
        {CASE("{\"schema\":\"qedscrub-record/2\","), false},
        {CASE("\n{"), false},
        {CASE("{\0\0guest"), false},
        {CASE("{\"schema\":\"qedscrub-rec\0\0guest"), false},
        {CASE("{"), true},
        {CASE("{\"schema\":\"qedscrub-rec"), true},
        {CASE("{\"schema\":\"qedscrub-rec\0\0\0"), true},
        {CASE(START), true},
        {CASE(START ",\"filename\":\"./"), true},
        {CASE(START ",\"filename\"\0\0" LINE("./b")), true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fleet_source source = {0};
        struct failure why = {0};
        struct journal *journal = NULL;
        struct fleet fleet;
        struct stat file;

        put_bytes(cases[i].bytes, cases[i].size);
        fleet_init(&fleet);
        EXPECT_OK(journal_open(&journal, "j", &why), &why);
        if (cases[i].ours) {
            EXPECT_OK(journal_read(journal, &fleet, &source, &why), &why);
            EXPECT_OK(journal_begin(journal, NULL, 0, &why), &why);
        } else {
            EXPECT_FAILURE(journal_read(journal, &fleet, &source, &why), &why,
                           "j: is not a journal");
        }
        journal_close(journal, &why);
        assert_int_equal(stat("j", &file), 0);
        assert_int_equal(file.st_size, cases[i].ours ? 0 : cases[i].size);
        fleet_free(&fleet);
    }
}

/* Zeros where a block was not written: what is whole before them stays, and lines can follow. */
static void holes_are_cut_off(void **state)
{
    static const char text[] = LINE("./a") "{\"sch\0\0\0\0" LINE("./b");
    struct fleet fleet;
    struct journal *journal;

    (void)state;
    put_bytes(text, sizeof(text) - 1);
    journal = begin(&fleet);
    assert_int_equal(fleet.count, 1);
    add(journal, "./c");
    end(journal, &fleet);
    expect_text(LINE("./a") LINE("./c"));
}

static struct journal *other;

static void open_other(void)
{
    struct failure why = {0};

    EXPECT_OK(journal_open(&other, "j", &why), &why);
}

static void close_other(void)
{
    struct failure why = {0};

    if (world.slept == 3)
        EXPECT_OK(journal_close(other, &why), &why);
}

static void one_at_a_time(void **state)
{
    struct fleet fleet;
    struct journal *journal = begin(&fleet), *second = NULL;
    struct failure why = {0};

    (void)state;
    EXPECT_FAILURE(journal_open(&second, "j", &why), &why, "still running");
    assert_null(second);
    assert_int_equal(world.slept, 120);
    end(journal, &fleet);
}

/* Who makes the file, and finds that another was faster, leaves it to that one. */
static void a_refused_one_removes_nothing(void **state)
{
    struct journal *journal = NULL;
    struct failure why = {0};

    (void)state;
    world.before_lock = open_other;
    EXPECT_FAILURE(journal_open(&journal, "j", &why), &why, "still running");
    assert_true(journal_is(other, "j"));
    EXPECT_OK(journal_close(other, &why), &why);
}

static void locks_are_waited_for(void **state)
{
    struct journal *journal = NULL;
    struct failure why = {0};

    (void)state;
    open_other();
    world.asleep = close_other;
    EXPECT_OK(journal_open(&journal, "j", &why), &why);
    assert_int_equal(world.slept, 3);
    /* The other one has removed its file. */
    assert_true(journal_is(journal, "j"));
    EXPECT_OK(journal_close(journal, &why), &why);
    assert_int_equal(access("j", F_OK), -1);
}

static void take_the_name(void)
{
    assert_int_equal(rename("j", "k"), 0);
    put(LINE("./b"));
}

/* As when the run before ends, and its report takes the place of the journal. */
static void names_are_looked_at_again(void **state)
{
    struct fleet fleet;
    struct journal *journal;

    (void)state;
    put(LINE("./a"));
    world.before_lock = take_the_name;
    journal = begin(&fleet);
    assert_string_equal(fleet.entries[0].record.filename, "./b");
    end(journal, &fleet);
    assert_int_equal(unlink("k"), 0);
}

/* Lines are asked to be on the disk, but not each of thousands. */
static void lines_are_synced(void **state)
{
    struct fleet fleet;
    struct journal *journal = begin(&fleet);

    (void)state;
    for (world.seconds = 0; world.seconds < 3; world.seconds++) {
        for (unsigned i = 0; i < 5; i++)
            add(journal, "./a");
        assert_int_equal(world.synced, world.seconds + 1);
    }
    end(journal, &fleet);
    assert_int_equal(world.synced, 4);
    world.synced = 0;
    end(begin(&fleet), &fleet);
    assert_int_equal(world.synced, 0);
}

static void failures_of_the_disk_are_told(void **state)
{
    struct fleet_entry entry = {.record.filename = (char[]){"./a"}, .status = ENTRY_VANISHED};
    struct failure why = {0};
    struct fleet fleet;
    struct journal *journal = begin(&fleet);

    (void)state;
    world.fail_sync = true;
    EXPECT_FAILURE(journal_add(journal, &entry, &why), &why, "goes on without a journal");
    add(journal, "./b");
    failure_clear(&why);
    assert_int_equal(journal_close(journal, &why), -1);
    fleet_free(&fleet);
    expect_text(LINE("./a"));
    world.fail_sync = false;
    journal = begin(&fleet);
    add(journal, "./b");
    add(journal, "./c");
    world.fail_sync = true;
    EXPECT_FAILURE(journal_close(journal, &why), &why, "j: cannot write");
    fleet_free(&fleet);
}

static void standard_output_is_refused(void **state)
{
    int out = dup(STDOUT_FILENO), fd = open("j", O_WRONLY | O_CREAT, 0600), result;
    struct journal *journal = NULL;
    struct failure why = {0};

    (void)state;
    assert_true(out >= 0 && fd >= 0);
    fflush(stdout);
    dup2(fd, STDOUT_FILENO);
    result = journal_open(&journal, "j", &why);
    dup2(out, STDOUT_FILENO);
    close(out);
    close(fd);
    EXPECT_FAILURE(result, &why, "j: is standard output");
    expect_text("");
}

static void none_is_no_harm(void **state)
{
    struct failure why = {0};

    (void)state;
    assert_false(journal_is(NULL, "j"));
    EXPECT_OK(journal_begin(NULL, NULL, 0, &why), &why);
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
        TEST(records_come_back),
        TEST(torn_ends_go),
        TEST(foreign_files_stay),
        TEST(holes_are_cut_off),
        TEST(images_are_refused),
        TEST(standard_output_is_refused),
        TEST(empty_ones_go),
        TEST(one_at_a_time),
        TEST(a_refused_one_removes_nothing),
        TEST(locks_are_waited_for),
        TEST(names_are_looked_at_again),
        TEST(lines_are_synced),
        TEST(failures_of_the_disk_are_told),
        TEST(none_is_no_harm),
        TEST(known_by_what_it_is),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
