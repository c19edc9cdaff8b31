/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/interrupt.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void taken_one_by_one(void **state)
{
    struct interrupt interrupt;
    struct failure why = {0};
    struct pollfd polled;

    (void)state;
    EXPECT_OK(interrupt_begin(&interrupt, &why), &why);
    polled = (struct pollfd){interrupt.fd, POLLIN, 0};
    assert_int_equal(poll(&polled, 1, 0), 0);
    assert_int_equal(interrupt_taken(&interrupt), 0);
    raise(SIGTERM);
    assert_int_equal(poll(&polled, 1, 0), 1);
    assert_int_equal(interrupt_taken(&interrupt), SIGTERM);
    raise(SIGINT);
    assert_int_equal(interrupt_taken(&interrupt), SIGINT);
    assert_int_equal(interrupt_taken(&interrupt), 0);
    interrupt_end(&interrupt);
}

/* Runs a part in a child and returns what became of the child. */
static int in_child(void (*part)(struct interrupt *))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct interrupt interrupt;
        struct failure why = {0};

        if (interrupt_begin(&interrupt, &why))
            _exit(1);
        part(&interrupt);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void leave_untaken(struct interrupt *interrupt)
{
    raise(SIGTERM);
    interrupt_end(interrupt);
}

static void take_first(struct interrupt *interrupt)
{
    raise(SIGTERM);
    interrupt_taken(interrupt);
    interrupt_end(interrupt);
}

static void at_the_end_as_before(void **state)
{
    int status = in_child(leave_untaken);

    (void)state;
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_int_equal(in_child(take_first), 0);
}

static void ignored_ones_stay_so(void **state)
{
    struct interrupt interrupt;
    struct failure why = {0};

    (void)state;
    signal(SIGHUP, SIG_IGN);
    EXPECT_OK(interrupt_begin(&interrupt, &why), &why);
    raise(SIGHUP);
    assert_int_equal(interrupt_taken(&interrupt), 0);
    interrupt_end(&interrupt);
    signal(SIGHUP, SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_one_by_one),
        cmocka_unit_test(at_the_end_as_before),
        cmocka_unit_test(ignored_ones_stay_so),
    };

    return cmocka_run_group_tests_name("interrupt", tests, NULL, NULL);
}
