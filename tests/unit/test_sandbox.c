/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/jail_calls.h"
#include "tests/unit/unit.h"

#ifndef QEDSCRUB_NO_SANDBOX
#include <seccomp.h>
#endif

/* Ends a child with what a call did: 0, or its errno. */
static void make_and_exit(const struct call *call)
{
    long result;

    errno = 0;
    result = call->make();
    _exit(result < 0 ? errno : 0);
}

static int outcome_of(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? KILLED : -WTERMSIG(status) - 1000;
    return WEXITSTATUS(status);
}

static int open_all(void **state)
{
    (void)state;
    file = open("/tmp", O_RDWR | O_TMPFILE | O_EXCL, 0600);
    network = socket(AF_INET, SOCK_STREAM, 0);
    return file < 0 || ftruncate(file, 65536) || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static void need(unsigned layers)
{
    if ((sandbox_probe() & layers) == layers)
        return;
    print_message("this build or system has: %s\n", sandbox_name(sandbox_probe()));
    skip();
}

static void calls_are_allowed_denied_or_deadly(void **state)
{
    (void)state;
    need(SANDBOX_SECCOMP);
    for (size_t i = 0; i < COUNT_OF(jail_calls); i++) {
        pid_t child = fork();
        int outcome;

        if (child == 0) {
            sandbox_enter();
            make_and_exit(&jail_calls[i]);
        }
        outcome = outcome_of(child);
        if (outcome != jail_calls[i].expected)
            fail_msg("%s: %d, not %d", jail_calls[i].name, outcome, jail_calls[i].expected);
    }
}

/* Without the jail all of them can be made: it is the jail that the test above sees. */
static void no_call_fails_without(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(jail_calls); i++) {
        pid_t child = fork();

        if (child == 0)
            make_and_exit(&jail_calls[i]);
        if (outcome_of(child) == KILLED)
            fail_msg("%s: killed", jail_calls[i].name);
    }
}

static void says_what_holds(void **state)
{
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit((int)sandbox_enter());
    assert_int_equal(outcome_of(child), sandbox_probe());
    assert_int_equal(sandbox_probe() & ~sandbox_best(), 0);
    assert_string_equal(sandbox_name(0), "none");
    assert_string_equal(sandbox_name(SANDBOX_LANDLOCK), "Landlock");
    assert_string_equal(sandbox_name(SANDBOX_SECCOMP), "seccomp");
    assert_string_equal(sandbox_name(SANDBOX_LANDLOCK | SANDBOX_SECCOMP), "Landlock and seccomp");
}

#ifndef QEDSCRUB_NO_SANDBOX

/* A kernel that lacks some calls. */
static void take_away(const int *missing, size_t count, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    for (size_t i = 0; i < count; i++)
        seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)error), missing[i], 0);
    if (seccomp_load(filter))
        _exit(250);
    seccomp_release(filter);
}

static void landlock_holds_without_seccomp(void **state)
{
    static const int seccomp_call[] = {SCMP_SYS(seccomp)};
    static const struct call without[] = {
        {"open", do_open, EACCES},  {"create", do_create, EACCES},
        {"connect", do_connect, 0}, {"execve", do_execute, EACCES},
        {"map", do_map, 0},         {"start a thread", do_thread, 0},
        {"link", do_link, EACCES},
    };

    (void)state;
    need(SANDBOX_LANDLOCK | SANDBOX_SECCOMP);
    for (size_t i = 0; i < COUNT_OF(without); i++) {
        pid_t child = fork();
        int outcome;

        if (child == 0) {
            take_away(seccomp_call, 1, ENOSYS);
            if (sandbox_enter() != SANDBOX_LANDLOCK)
                _exit(251);
            make_and_exit(&without[i]);
        }
        outcome = outcome_of(child);
        /* TCP came later than files: refused by the jail, or by nobody listening. */
        if (without[i].make == do_connect)
            assert_true(outcome == EACCES || outcome == ECONNREFUSED);
        else if (outcome != without[i].expected)
            fail_msg("%s: %d, not %d", without[i].name, outcome, without[i].expected);
    }
}

static void seccomp_holds_without_landlock(void **state)
{
    static const int landlock_calls[] = {SCMP_SYS(landlock_create_ruleset)};
    static const int errors[] = {ENOSYS, EOPNOTSUPP};

    (void)state;
    need(SANDBOX_SECCOMP);
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        const struct call call = {"open", do_open, EACCES};
        pid_t child = fork();

        if (child == 0) {
            take_away(landlock_calls, 1, errors[i]);
            if (sandbox_probe() != SANDBOX_SECCOMP || sandbox_enter() != SANDBOX_SECCOMP)
                _exit(251);
            make_and_exit(&call);
        }
        assert_int_equal(outcome_of(child), EACCES);
    }
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_allowed_denied_or_deadly),
        cmocka_unit_test(no_call_fails_without),
        cmocka_unit_test(says_what_holds),
#ifndef QEDSCRUB_NO_SANDBOX
        cmocka_unit_test(landlock_holds_without_seccomp),
        cmocka_unit_test(seccomp_holds_without_landlock),
#endif
    };

    return cmocka_run_group_tests_name("sandbox", tests, open_all, NULL);
}
