/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/leftover.h"

#include <fcntl.h>
#include <stdbool.h>

#include "tests/unit/folder.h"
#include "tests/unit/in_child.h"

static char folder[FOLDER_SIZE];

static int enter_folder(void **state)
{
    (void)state;
    folder_make(folder);
    return chdir(folder);
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder);
}

static bool exists(const char *name)
{
    return !access(name, F_OK);
}

static void make_file(const char *name)
{
    close(open(name, O_WRONLY | O_CREAT, 0600));
    demand(exists(name));
}

static struct leftover enter_file(const char *name)
{
    make_file(name);
    return (struct leftover){.directory = AT_FDCWD, .name = name};
}

static int last_signal;

static void remember(int number)
{
    last_signal = number;
}

static void die_with_two(int number)
{
    struct leftover one = enter_file("one"), two = enter_file("two"),
                    none = {AT_FDCWD, "none", NULL};

    leftover_add(&one);
    leftover_add(&none);
    leftover_add(&two);
    raise(number);
    _exit(1);
}

static void die_of_int(void)
{
    die_with_two(SIGINT);
}

static void die_of_term(void)
{
    die_with_two(SIGTERM);
}

static void die_of_hup(void)
{
    die_with_two(SIGHUP);
}

static void names_go_and_the_signal_kills(void **state)
{
    static const struct {
        void (*die)(void);
        int number;
    } cases[] = {{die_of_int, SIGINT}, {die_of_term, SIGTERM}, {die_of_hup, SIGHUP}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int status = run_in_child(cases[i].die);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), cases[i].number);
        assert_false(exists("one") || exists("two"));
    }
}

static void drop_one_and_die(void)
{
    struct leftover one = enter_file("one"), two = enter_file("two"), three = enter_file("three");

    leftover_add(&one);
    leftover_add(&two);
    leftover_add(&three);
    leftover_drop(&two);
    leftover_drop(&two);
    raise(SIGINT);
}

static void what_was_dropped_stays(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(run_in_child(drop_one_and_die)), SIGINT);
    assert_false(exists("one") || exists("three"));
    assert_int_equal(unlink("two"), 0);
}

static void have_other_plans(void)
{
    struct leftover one = enter_file("one");

    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, remember);
    leftover_add(&one);
    raise(SIGHUP);
    raise(SIGINT);
    demand(last_signal == SIGINT);
    demand(exists("one"));
    raise(SIGTERM);
}

static void ignored_and_handled_signals_are_left_alone(void **state)
{
    (void)state;
    assert_int_equal(WTERMSIG(run_in_child(have_other_plans)), SIGTERM);
    assert_false(exists("one"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_go_and_the_signal_kills),
        cmocka_unit_test(what_was_dropped_stays),
        cmocka_unit_test(ignored_and_handled_signals_are_left_alone),
    };

    return cmocka_run_group_tests_name("leftover", tests, enter_folder, leave_folder);
}
