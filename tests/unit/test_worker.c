/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "qedscrub/status.h"
#include "tests/unit/unit.h"

static const struct options jailed = {.quiet = true};
static const struct options unjailed = {.quiet = true, .no_sandbox = true};

static int succeed(void *context, FILE *out, struct failure *why)
{
    (void)why;
    fprintf(out, "%s", (const char *)context);
    return STATUS_OK;
}

static void hands_back_what_was_said(void **state)
{
    const struct options *const options[] = {&jailed, &unjailed};
    static char line[] = "some text\n";

    (void)state;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        struct failure why = {0};
        char *text = NULL;

        assert_int_equal(worker_run(succeed, line, "a.qed", options[i], &text, &why), STATUS_OK);
        assert_string_equal(text, line);
        assert_string_equal(why.text, "");
        free(text);
    }
}

static int say_nothing(void *context, FILE *out, struct failure *why)
{
    (void)context, (void)out, (void)why;
    return STATUS_LEAKS;
}

static int say_much(void *context, FILE *out, struct failure *why)
{
    (void)why;
    for (size_t i = 0; i < *(size_t *)context; i++)
        fputc((int)('a' + i % 26), out);
    return STATUS_CORRUPT;
}

static void texts_of_any_length(void **state)
{
    static const size_t sizes[] = {1, 1000, 1036, 1037, 65536, 5000000};
    struct failure why = {0};
    char *text = NULL;

    (void)state;
    assert_int_equal(worker_run(say_nothing, NULL, "a.qed", &jailed, &text, &why), STATUS_LEAKS);
    assert_string_equal(text, "");
    free(text);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t size = sizes[i];

        assert_int_equal(worker_run(say_much, &size, "a.qed", &jailed, &text, &why),
                         STATUS_CORRUPT);
        assert_int_equal(strlen(text), size);
        assert_int_equal(text[size - 1], 'a' + (size - 1) % 26);
        free(text);
    }
}

static int give_up(void *context, FILE *out, struct failure *why)
{
    fprintf(out, "half of it");
    failure_set_errno(why, EIO, "%s", (const char *)context);
    return STATUS_NOT_QED;
}

static void hands_back_failures(void **state)
{
    static char reason[] = "no such thing";
    struct failure why = {0};
    char *text = NULL;

    (void)state;
    assert_int_equal(worker_run(give_up, reason, "a.qed", &jailed, &text, &why), STATUS_NOT_QED);
    assert_int_equal(why.error, EIO);
    assert_string_equal(text, "half of it");
    free(text);
    EXPECT_FAILURE(-1, &why, "no such thing: Input/output error");
}

/* Ways of a child to end. */
static int end_by(void *context, FILE *out, struct failure *why)
{
    const struct rlimit no_core = {0, 0};
    int number = *(int *)context;

    (void)out, (void)why;
    if (number < 0)
        _exit(-number - 1);
    setrlimit(RLIMIT_CORE, &no_core);
    signal(number, SIG_DFL);
    raise(number);
    return STATUS_OK;
}

static void tells_how_a_child_died(void **state)
{
    static const struct {
        int number;
        const char *text;
    } ends[] = {
        {SIGSEGV, "a.qed: the process that read it died of signal 11 (Segmentation fault)"},
        {SIGABRT, "a.qed: the process that read it died of signal 6 (Aborted)"},
        {SIGBUS, "a.qed: the process that read it died of signal 7 (Bus error)"},
        {SIGKILL, "a.qed: the process that read it was killed; perhaps memory ran out"},
        {SIGSYS, "a.qed: the sandbox stopped the process that read it, at a system call that is "
                 "not allowed; --no-sandbox does without"},
        {-1, "a.qed: the process that read it ended without a result (status 0)"},
        {-6, "a.qed: the process that read it ended without a result (status 5)"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct failure why = {0};
        int number = ends[i].number;
        char *text = NULL;

        assert_int_equal(worker_run(end_by, &number, "a.qed", &unjailed, &text, &why),
                         STATUS_FAILED);
        assert_null(text);
        assert_string_equal(why.text, ends[i].text);
    }
}

static int open_something(void *context, FILE *out, struct failure *why)
{
    int fd = open("/etc/passwd", O_RDONLY);

    (void)context, (void)why;
    fprintf(out, "%d", fd < 0 ? errno : 0);
    return STATUS_OK;
}

static void works_in_the_sandbox_unless_told_not_to(void **state)
{
    struct failure why = {0};
    char *text = NULL;

    (void)state;
    worker_run(open_something, NULL, "a.qed", &jailed, &text, &why);
    assert_int_equal(atoi(text), sandbox_probe() ? EACCES : 0);
    free(text);
    worker_run(open_something, NULL, "a.qed", &unjailed, &text, &why);
    assert_int_equal(atoi(text), 0);
    free(text);
}

static int trace(void *context, FILE *out, struct failure *why)
{
    (void)context, (void)out, (void)why;
    execl("/bin/true", "true", (char *)NULL);
    return STATUS_OK;
}

static void a_call_that_is_not_allowed_is_told(void **state)
{
    struct failure why = {0};
    char *text = NULL;

    (void)state;
    if (!(sandbox_probe() & SANDBOX_SECCOMP))
        skip();
    assert_int_equal(worker_run(trace, NULL, "a.qed", &jailed, &text, &why), STATUS_FAILED);
    EXPECT_FAILURE(-1, &why, "--no-sandbox");
}

/* Writes its process id into the pipe and sleeps, in a process whose parent is killed. */
static int sleep_long(void *context, FILE *out, struct failure *why)
{
    pid_t self = getpid();

    (void)out, (void)why;
    if (write(*(int *)context, &self, sizeof(self)) != sizeof(self))
        return STATUS_FAILED;
    sleep(60);
    return STATUS_OK;
}

/* The child's end of the pipe closes when it dies. */
static void a_child_does_not_outlive_its_parent(void **state)
{
    int ends[2], status;
    pid_t parent, child = 0;
    char *text;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    parent = fork();
    if (parent == 0) {
        struct failure why = {0};

        close(ends[0]);
        worker_run(sleep_long, &ends[1], "a.qed", &jailed, &text, &why);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(read(ends[0], &child, sizeof(child)), 0);
    close(ends[0]);
}

static void leave_handler(int number)
{
    (void)number;
}

static int ask_signals(void *context, FILE *out, struct failure *why)
{
    struct sigaction action;

    (void)context, (void)why;
    sigaction(SIGINT, NULL, &action);
    fprintf(out, "%d", action.sa_handler == SIG_DFL);
    sigaction(SIGTERM, NULL, &action);
    fprintf(out, "%d", action.sa_handler == SIG_IGN);
    return STATUS_OK;
}

static void handlers_are_not_inherited_but_ignoring_is(void **state)
{
    struct failure why = {0};
    char *text = NULL;

    (void)state;
    signal(SIGINT, leave_handler);
    signal(SIGTERM, SIG_IGN);
    assert_int_equal(worker_run(ask_signals, NULL, "a.qed", &jailed, &text, &why), STATUS_OK);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    assert_string_equal(text, "11");
    free(text);
}

static void no_process_to_be_had(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0) {
        const struct rlimit none = {0, 0};
        struct failure why = {0};
        char *text = NULL;

        setrlimit(RLIMIT_NOFILE, &none);
        status = worker_run(say_nothing, NULL, "a.qed", &jailed, &text, &why);
        _exit(status == STATUS_FAILED && strstr(why.text, "Too many open files") ? 7 : 8);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_back_what_was_said),
        cmocka_unit_test(texts_of_any_length),
        cmocka_unit_test(hands_back_failures),
        cmocka_unit_test(tells_how_a_child_died),
        cmocka_unit_test(works_in_the_sandbox_unless_told_not_to),
        cmocka_unit_test(a_call_that_is_not_allowed_is_told),
        cmocka_unit_test(a_child_does_not_outlive_its_parent),
        cmocka_unit_test(handlers_are_not_inherited_but_ignoring_is),
        cmocka_unit_test(no_process_to_be_had),
    };

    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
