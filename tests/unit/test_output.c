/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/output.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/faults.h"
#include "tests/unit/folder.h"
#include "tests/unit/in_child.h"

/* Each test runs in an empty folder of its own, once for each kind of file system. */
static char folder[FOLDER_SIZE];

static int enter_folder(void **state)
{
    (void)state;
    folder_make(folder);
    return chdir(folder);
}

static int leave_folder(void **state)
{
    char command[128];

    (void)state;
    memset(&faults, 0, sizeof(faults));
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return chdir("/") || system(command);
}

static size_t count_files(void)
{
    DIR *directory = opendir(".");
    size_t count = 0;

    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(directory);
    return count;
}

static void make_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_file(const char *name, const char *text)
{
    char buffer[256] = "";
    FILE *file = fopen(name, "r");

    assert_non_null(file);
    assert_int_equal(fread(buffer, 1, sizeof(buffer) - 1, file), strlen(text));
    assert_string_equal(buffer, text);
    fclose(file);
}

static struct output *open_ok(const char *path, const struct output_options *options)
{
    struct output *output = NULL;
    struct failure why = {0};

    EXPECT_OK(output_open(&output, path, options, &why), &why);
    return output;
}

static void write_ok(struct output *output, const char *text)
{
    struct failure why = {0};

    EXPECT_OK(output_write(output, text, strlen(text), &why), &why);
}

static void refused(const char *path, const struct output_options *options, const char *text)
{
    struct output *output = NULL;
    struct failure why = {0};
    size_t files = count_files();

    EXPECT_FAILURE(output_open(&output, path, options, &why), &why, text);
    assert_null(output);
    assert_int_equal(count_files(), files);
}

/* Runs a property with and without nameless files, with and without renames that do not replace. */
static void on_every_file_system(void (*property)(void))
{
    for (int kind = 0; kind < 3; kind++) {
        faults.no_tmpfile = kind > 0;
        faults.no_noreplace = kind > 1;
        property();
        assert_int_equal(system("rm -rf ./*"), 0);
        assert_int_equal(count_files(), 0);
    }
}

static void check_commit(void)
{
    const struct output_options options = {0};
    struct failure why = {0};
    struct output *output = open_ok("new", &options);
    struct stat stat_of;
    mode_t mask = umask(027);

    write_ok(output, "some ");
    write_ok(output, "text");
    assert_int_equal(access("new", F_OK), -1);
    EXPECT_OK(output_commit(output, &why), &why);
    umask(mask);
    assert_file("new", "some text");
    assert_int_equal(count_files(), 1);
    assert_int_equal(stat("new", &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0640);
}

static void commit_gives_the_file_its_name(void **state)
{
    (void)state;
    on_every_file_system(check_commit);
}

static void check_discard(void)
{
    const struct output_options options = {0};
    struct output *output = open_ok("new", &options);

    write_ok(output, "text");
    assert_int_equal(count_files(), faults.no_tmpfile);
    output_discard(output);
    assert_int_equal(count_files(), 0);
    output_discard(NULL);
}

static void discard_leaves_nothing(void **state)
{
    (void)state;
    on_every_file_system(check_discard);
}

static void check_replace(void)
{
    const struct output_options options = {.replace = true}, careful = {0};
    struct failure why = {0};
    struct output *output;

    make_file("old", "before");
    refused("old", &careful, "exists");
    output = open_ok("old", &options);
    write_ok(output, "after");
    assert_file("old", "before");
    EXPECT_OK(output_commit(output, &why), &why);
    assert_file("old", "after");
    assert_int_equal(count_files(), 1);
}

static void replaces_only_when_asked(void **state)
{
    (void)state;
    on_every_file_system(check_replace);
}

/* Somebody else makes the file between open and commit. */
static void check_race(void)
{
    const struct output_options options = {0};
    struct failure why = {0};
    struct output *output = open_ok("new", &options);

    write_ok(output, "ours");
    make_file("new", "theirs");
    EXPECT_FAILURE(output_commit(output, &why), &why, "exists");
    assert_file("new", "theirs");
    assert_int_equal(count_files(), 1);
}

static void does_not_replace_what_came_meanwhile(void **state)
{
    (void)state;
    on_every_file_system(check_race);
}

static void inputs_are_never_replaced(void **state)
{
    struct stat inputs[2];
    const struct output_options options = {.replace = true, .inputs = inputs, .input_count = 2};
    struct failure why = {0};
    struct output *output;

    (void)state;
    make_file("other", "other");
    make_file("image", "image");
    assert_int_equal(stat("other", &inputs[0]) | stat("image", &inputs[1]), 0);
    assert_int_equal(link("image", "hard") | symlink("image", "soft"), 0);
    refused("image", &options, "the image itself");
    refused("./image", &options, "the image itself");
    refused("hard", &options, "the image itself");
    refused("soft", &options, "the image itself");
    output = open_ok("new", &options);
    write_ok(output, "text");
    assert_int_equal(link("image", "new"), 0);
    EXPECT_FAILURE(output_commit(output, &why), &why, "the image itself");
    assert_file("image", "image");
    assert_int_equal(count_files(), 5);
}

static void refuses_what_is_no_file(void **state)
{
    const struct output_options options = {.replace = true};

    (void)state;
    assert_int_equal(mkdir("folder", 0777) | mkfifo("fifo", 0666), 0);
    assert_int_equal(symlink("nowhere", "dangling") | symlink("/dev/null", "null"), 0);
    refused("folder", &options, "directory");
    refused("folder/", &options, "directory");
    refused(".", &options, "directory");
    refused("/", &options, "directory");
    refused("fifo", &options, "not a regular file");
    refused("dangling", &options, "not a regular file");
    refused("null", &options, "not a regular file");
    refused("/dev/null", &options, "not a regular file");
    refused("missing/new", &options, "No such file");
    refused("", &options, "directory");
}

static void check_sparse(void)
{
    const struct output_options options = {0};
    const uint64_t size = UINT64_C(1) << 36;
    struct failure why = {0};
    struct output *output = open_ok("sparse", &options);
    struct stat stat_of;
    char byte;
    int fd;

    EXPECT_OK(output_set_size(output, size, &why), &why);
    EXPECT_OK(output_write_at(output, size - 1, "z", 1, &why), &why);
    EXPECT_OK(output_write_at(output, 4096, "y", 1, &why), &why);
    write_ok(output, "x");
    EXPECT_FAILURE(output_set_size(output, UINT64_MAX, &why), &why, "too large");
    EXPECT_OK(output_commit(output, &why), &why);
    assert_int_equal(stat("sparse", &stat_of), 0);
    assert_int_equal(stat_of.st_size, size);
    assert_true(stat_of.st_blocks < 1000);
    fd = open("sparse", O_RDONLY);
    assert_int_equal(pread(fd, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(pread(fd, &byte, 1, 4096), 1);
    assert_int_equal(byte, 'y');
    close(fd);
}

static void sparse_files(void **state)
{
    (void)state;
    on_every_file_system(check_sparse);
}

/* A disk that is full after 10,000 bytes: a write of more is short first, then fails. */
static void check_full_disk(void)
{
    const struct output_options options = {0};
    const struct rlimit little = {10000, RLIM_INFINITY};
    const struct rlimit plenty = {RLIM_INFINITY, RLIM_INFINITY};
    struct failure why = {0};
    struct output *output = open_ok("big", &options);
    static char bytes[30000];
    int first, second;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &little);
    first = output_write(output, bytes, sizeof(bytes), &why);
    setrlimit(RLIMIT_FSIZE, &plenty);
    EXPECT_FAILURE(first, &why, "big: cannot write");
    setrlimit(RLIMIT_FSIZE, &little);
    second = output_write_at(output, 0, bytes, sizeof(bytes), &why);
    setrlimit(RLIMIT_FSIZE, &plenty);
    EXPECT_FAILURE(second, &why, "big: cannot write at 0x2710");
    output_discard(output);
    assert_int_equal(count_files(), 0);
}

static void full_disk_is_told(void **state)
{
    (void)state;
    on_every_file_system(check_full_disk);
}

static void write_and_die(void)
{
    const struct output_options options = {0};
    struct output *output = NULL;
    struct failure why = {0};

    demand(!output_open(&output, "new", &options, &why) && !output_write(output, "text", 4, &why));
    raise(SIGTERM);
}

static void check_signal(void)
{
    assert_int_equal(WTERMSIG(run_in_child(write_and_die)), SIGTERM);
    assert_int_equal(count_files(), 0);
}

static void signals_leave_nothing(void **state)
{
    (void)state;
    on_every_file_system(check_signal);
}

static void check_late_errors(void)
{
    static const struct {
        unsigned fsync, close;
        const char *text;
        size_t left;
    } cases[] = {
        {1, 0, "cannot make it durable: Input/output error", 0},
        {0, 1, "cannot make it durable: Input/output error", 0},
        {2, 0, "written, but perhaps not durable: Input/output error", 1},
        {0, 2, "written, but perhaps not durable: Input/output error", 1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct output_options options = {.replace = true};
        struct failure why = {0};
        struct output *output = open_ok("new", &options);

        write_ok(output, "text");
        faults.fail_fsync = cases[i].fsync;
        faults.fail_close = cases[i].close;
        EXPECT_FAILURE(output_commit(output, &why), &why, cases[i].text);
        faults.fail_fsync = faults.fail_close = 0;
        assert_int_equal(count_files(), cases[i].left);
        assert_int_equal(system("rm -f new"), 0);
    }
}

/* Until there is a name nothing is left; when there is one, the file is whole, and stays. */
static void late_errors_are_told(void **state)
{
    (void)state;
    on_every_file_system(check_late_errors);
}

/* In a child, whose standard output goes to a file, or to a disk that is always full. */
static int write_to_stdout(const char *target, bool hold)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct output *output = NULL;
        struct failure why = {0};
        struct output_options options = {.replace = false};
        int fd = open(target, O_WRONLY | O_CREAT, 0666);

        if (dup2(fd, STDOUT_FILENO) < 0 || output_open_stdout(&output, &options, hold, &why))
            _exit(1);
        if (output_write(output, "text", 4, &why) ||
            (lseek(fd, 0, SEEK_END) > 0) != (!hold && target[0] != '/') ||
            output_commit(output, &why))
            _exit(strstr(why.text, "standard output: cannot write: No space") ? 2 : 3);
        _exit(0);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void standard_output(void **state)
{
    (void)state;
    for (int hold = 0; hold < 2; hold++) {
        assert_int_equal(write_to_stdout("out", hold), 0);
        assert_file("out", "text");
        unlink("out");
        assert_int_equal(write_to_stdout("/dev/full", hold), 2);
    }
}

static void check_reading_back(void)
{
    static const struct output_options options = {.replace = false};
    struct output *output = open_ok("new", &options);
    struct failure why = {0};
    char text[8];
    int fd;

    write_ok(output, "text");
    fd = output_reopen(output, &why);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, text, sizeof(text)), 4);
    assert_memory_equal(text, "text", 4);
    assert_int_equal(write(fd, text, 1), -1);
    close(fd);
    output_discard(output);
    assert_int_equal(count_files(), 0);
}

static void what_was_written_can_be_read_back(void **state)
{
    (void)state;
    on_every_file_system(check_reading_back);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(commit_gives_the_file_its_name),
        IN_FOLDER(discard_leaves_nothing),
        IN_FOLDER(replaces_only_when_asked),
        IN_FOLDER(does_not_replace_what_came_meanwhile),
        IN_FOLDER(inputs_are_never_replaced),
        IN_FOLDER(refuses_what_is_no_file),
        IN_FOLDER(sparse_files),
        IN_FOLDER(full_disk_is_told),
        IN_FOLDER(signals_leave_nothing),
        IN_FOLDER(late_errors_are_told),
        IN_FOLDER(standard_output),
        IN_FOLDER(what_was_written_can_be_read_back),
    };

    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
