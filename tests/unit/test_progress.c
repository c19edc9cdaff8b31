/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/progress.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define MIB ((uint64_t)1 << 20)

static void lines_tell_what_is_known(void **state)
{
    static const struct {
        uint64_t done, total;
        bool bytes;
        double seconds;
        const char *line;
    } cases[] = {
        {0, 100, false, 0, "phase: 0 of 100 (0 %)"},
        {0, 100, false, 5, "phase: 0 of 100 (0 %)"},
        {50, 100, false, 10, "phase: 50 of 100 (50 %), 5/s, 10 s left"},
        {100, 100, false, 10, "phase: 100 of 100 (100 %), 10/s, 0 s left"},
        {120, 100, false, 10, "phase: 100 of 100 (100 %), 12/s, 0 s left"},
        {0, 0, false, 1, "phase: 0 of 0 (100 %)"},
        {64 * MIB, 128 * MIB, true, 1, "phase: 64 MiB of 128 MiB (50 %), 64 MiB/s, 1 s left"},
        {MIB, 100 * MIB, true, 1, "phase: 1 MiB of 100 MiB (1 %), 1 MiB/s, 1 min 39 s left"},
        {MIB, 10000 * MIB, true, 1, "phase: 1 MiB of 9.77 GiB (0 %), 1 MiB/s, 2 h 46 min left"},
        {1, UINT64_MAX, true, 1e9, "phase: 1 B of 16 EiB (0 %), 0 B/s"},
    };
    char line[PROGRESS_LINE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct meter meter = {0};

        meter_begin(&meter, "phase", cases[i].total, cases[i].bytes);
        meter_set(&meter, cases[i].done);
        progress_line(line, &meter, cases[i].seconds);
        assert_string_equal(line, cases[i].line);
    }
}

static void a_meter_that_nobody_looks_at_is_fine(void **state)
{
    (void)state;
    meter_begin(NULL, "phase", 1, false);
    meter_add(NULL, 1);
    meter_set(NULL, 1);
}

/* What goes to standard error while a function runs; the caller frees it. */
static char *said_by(void (*run)(void))
{
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    char *text = calloc(1, 4096);

    assert_non_null(file);
    assert_non_null(text);
    dup2(fileno(file), STDERR_FILENO);
    run();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    assert_true(fread(text, 1, 4095, file) < 4095);
    fclose(file);
    return text;
}

static void work(enum progress_mode mode, bool signal)
{
    struct progress progress;

    progress_begin(&progress, mode);
    meter_begin(progress.meter, "working", 10, false);
    meter_add(progress.meter, 3);
    if (signal)
        raise(SIGUSR1);
    progress_tick(&progress);
    progress.due = 0;
    progress_tick(&progress);
    progress_end(&progress);
}

static void work_quietly(void)
{
    work(PROGRESS_NONE, true);
}

static void work_asked(void)
{
    work(PROGRESS_ON_SIGNAL, true);
}

static void work_unasked(void)
{
    work(PROGRESS_ON_SIGNAL, false);
}

static void work_in_lines(void)
{
    work(PROGRESS_LINES, false);
}

static void work_in_one_line(void)
{
    work(PROGRESS_ONE_LINE, false);
}

static void expect_said(void (*run)(void), const char *begin, const char *end)
{
    char *text = said_by(run);
    size_t length = strlen(text), size = strlen(end);

    assert_true(!strncmp(text, begin, strlen(begin)));
    assert_true(length >= size && !strcmp(text + length - size, end));
    if (!begin[0])
        assert_int_equal(length, 0);
    free(text);
}

static void modes_say_what_they_should(void **state)
{
    (void)state;
    expect_said(work_quietly, "", "");
    expect_said(work_unasked, "", "");
    expect_said(work_asked, "working: 3 of 10 (30 %)", "\n");
    expect_said(work_in_lines, "working: 3 of 10 (30 %)", "\n");
    expect_said(work_in_one_line, "\r\033[Kworking: 3 of 10 (30 %)", "\r\033[K");
}

static void it_waits_no_longer_than_needed(void **state)
{
    struct progress progress;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    progress_begin(&progress, PROGRESS_NONE);
    assert_int_equal(progress_timeout(&progress), -1);
    progress_wait(&progress, ends[0]);
    progress_end(&progress);
    progress_begin(&progress, PROGRESS_LINES);
    assert_true(progress_timeout(&progress) > 0 && progress_timeout(&progress) < 1000);
    progress_end(&progress);
    close(ends[0]);
    close(ends[1]);
}

static void a_file_that_is_read_can_be_watched(void **state)
{
    static const char later[] = "reading more";
    struct progress progress;
    FILE *file = tmpfile();
    char bytes[100] = {0};

    (void)state;
    assert_non_null(file);
    assert_int_equal(write(fileno(file), bytes, sizeof(bytes)), sizeof(bytes));
    lseek(fileno(file), 0, SEEK_SET);
    progress_begin(&progress, PROGRESS_ON_SIGNAL);
    progress_watch(&progress, "reading", fileno(file));
    assert_int_equal(read(fileno(file), bytes, 40), 40);
    progress_tick(&progress);
    assert_int_equal(atomic_load(&progress.meter->done), 40);
    assert_int_equal(atomic_load(&progress.meter->total), 100);
    progress_watch_later(&progress, later, fileno(file));
    meter_begin(progress.meter, "writing", 7, false);
    progress_tick(&progress);
    assert_int_equal(atomic_load(&progress.meter->done), 0);
    meter_begin(progress.meter, later, 100, true);
    progress_tick(&progress);
    assert_int_equal(atomic_load(&progress.meter->done), 40);
    progress_watch(&progress, NULL, 0);
    meter_begin(progress.meter, later, 100, true);
    progress_tick(&progress);
    assert_int_equal(atomic_load(&progress.meter->done), 0);
    progress_end(&progress);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_tell_what_is_known),
        cmocka_unit_test(a_meter_that_nobody_looks_at_is_fine),
        cmocka_unit_test(modes_say_what_they_should),
        cmocka_unit_test(it_waits_no_longer_than_needed),
        cmocka_unit_test(a_file_that_is_read_can_be_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
