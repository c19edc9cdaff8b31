/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/terminal.h"

#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void a_file_is_no_terminal(void **state)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct terminal terminal;

    (void)state;
    setenv("TERM", "xterm", 1);
    unsetenv("COLUMNS");
    terminal = terminal_look(fd, COLOR_AUTO);
    assert_false(terminal.is_terminal);
    assert_false(terminal.colour);
    assert_int_equal(terminal.width, 80);
    assert_true(terminal_look(fd, COLOR_ALWAYS).colour);
    setenv("COLUMNS", "132", 1);
    assert_int_equal(terminal_look(fd, COLOR_AUTO).width, 132);
    setenv("COLUMNS", "-1", 1);
    assert_int_equal(terminal_look(fd, COLOR_AUTO).width, 80);
    setenv("COLUMNS", "wide", 1);
    assert_int_equal(terminal_look(fd, COLOR_AUTO).width, 80);
    close(fd);
}

static void a_terminal_has_width_and_colour(void **state)
{
    struct winsize size = {.ws_col = 123, .ws_row = 40};
    int outer, inner;

    (void)state;
    assert_int_equal(openpty(&outer, &inner, NULL, NULL, &size), 0);
    setenv("COLUMNS", "99", 1);
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    assert_true(terminal_look(inner, COLOR_AUTO).is_terminal);
    assert_true(terminal_look(inner, COLOR_AUTO).colour);
    assert_int_equal(terminal_look(inner, COLOR_AUTO).width, 123);
    assert_false(terminal_look(inner, COLOR_NEVER).colour);
    setenv("NO_COLOR", "1", 1);
    assert_false(terminal_look(inner, COLOR_AUTO).colour);
    assert_true(terminal_look(inner, COLOR_ALWAYS).colour);
    setenv("NO_COLOR", "", 1);
    assert_true(terminal_look(inner, COLOR_AUTO).colour);
    setenv("TERM", "dumb", 1);
    assert_false(terminal_look(inner, COLOR_AUTO).colour);
    close(outer);
    close(inner);
}

static void the_locale_tells_the_characters(void **state)
{
    (void)state;
    setlocale(LC_ALL, "C");
    assert_false(terminal_look(1, COLOR_AUTO).utf8);
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    assert_true(terminal_look(1, COLOR_AUTO).utf8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_no_terminal),
        cmocka_unit_test(a_terminal_has_width_and_colour),
        cmocka_unit_test(the_locale_tells_the_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
