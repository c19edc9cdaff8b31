/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/pool.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* A work that does what the file says. */
static int obey(void *context, int fd, const struct message_task *task, char **text, size_t *size,
                struct failure *why)
{
    char order[16] = "";
    unsigned *done = context;
    int length;

    assert_true(pread(fd, order, sizeof(order) - 1, 0) >= 0);
    close(fd);
    if (!strcmp(order, "die"))
        raise(SIGKILL);
    if (!strcmp(order, "exit"))
        _exit(7);
    if (!strcmp(order, "hang"))
        pause();
    if (!strcmp(order, "fail"))
        return failure_set(why, "cannot") ? 3 : 0;
    length = asprintf(text, "%s %u%s", order, ++*done, task->in_use ? " in use" : "");
    *size = (size_t)length;
    return length < 0 ? -1 : 0;
}

static int file_of(const char *order)
{
    int fd = memfd_create("order", MFD_CLOEXEC);

    assert_int_equal(write(fd, order, strlen(order)), strlen(order));
    return fd;
}

static struct pool *open_pool(unsigned workers, unsigned timeout)
{
    static unsigned done;
    struct pool_options options = {obey, &done, workers, timeout, false};
    struct failure why = {0};
    struct pool *pool = NULL;

    EXPECT_OK(pool_open(&pool, &options, &why), &why);
    return pool;
}

static void give(struct pool *pool, size_t job, const char *order)
{
    struct message_task task = {.in_use = job == 2};
    struct failure why = {0};

    EXPECT_OK(pool_give(pool, job, file_of(order), &task, &why), &why);
}

/* Expects the answer to a job, the only one that is out. */
static void expect(struct pool *pool, size_t job, enum pool_end end, const char *part)
{
    struct pool_answer answer;

    assert_int_equal(pool_wait(pool, -1, &answer), 1);
    assert_int_equal(answer.job, job);
    assert_int_equal(answer.end, end);
    assert_int_equal(answer.status, strcmp(answer.text, "cannot") ? 0 : 3);
    assert_true(end || answer.size == strlen(answer.text));
    if (!strstr(answer.text, part))
        fail_msg("\"%s\" does not say \"%s\"", answer.text, part);
    free(answer.text);
}

static void one_after_another(void **state)
{
    struct pool *pool = open_pool(1, 0);

    (void)state;
    give(pool, 1, "a");
    assert_false(pool_has_room(pool));
    assert_int_equal(pool_busy(pool), 1);
    expect(pool, 1, POOL_ANSWERED, "a 1");
    assert_int_equal(pool_busy(pool), 0);
    give(pool, 2, "b");
    expect(pool, 2, POOL_ANSWERED, "b 2 in use");
    give(pool, 3, "fail");
    expect(pool, 3, POOL_ANSWERED, "cannot");
    give(pool, 4, "c");
    expect(pool, 4, POOL_ANSWERED, "c 3");
    pool_close(pool);
}

static void the_dead_are_replaced(void **state)
{
    struct pool *pool = open_pool(1, 1);

    (void)state;
    give(pool, 1, "die");
    expect(pool, 1, POOL_DIED, "was killed");
    give(pool, 3, "exit");
    expect(pool, 3, POOL_DIED, "status 7");
    give(pool, 4, "hang");
    expect(pool, 4, POOL_LATE, "within 1 s (--timeout)");
    give(pool, 5, "a");
    expect(pool, 5, POOL_ANSWERED, "a 1");
    pool_close(pool);
}

static void each_gets_its_own_answer(void **state)
{
    struct pool *pool = open_pool(4, 0);
    bool seen[100] = {false};
    size_t given = 0, taken = 0;
    char order[16];

    (void)state;
    while (taken < COUNT_OF(seen)) {
        struct pool_answer answer;

        while (given < COUNT_OF(seen) && pool_has_room(pool)) {
            snprintf(order, sizeof(order), given % 10 == 9 ? "die" : "n%zu", given);
            give(pool, given++, order);
        }
        assert_int_equal(pool_wait(pool, -1, &answer), 1);
        assert_false(seen[answer.job]);
        seen[answer.job] = true;
        taken++;
        assert_int_equal(answer.end, answer.job % 10 == 9 ? POOL_DIED : POOL_ANSWERED);
        snprintf(order, sizeof(order), "n%zu ", answer.job);
        assert_true(answer.end || !strncmp(answer.text, order, strlen(order)));
        free(answer.text);
    }
    assert_int_equal(pool_busy(pool), 0);
    pool_close(pool);
}

static void interrupted(void **state)
{
    struct pool *pool = open_pool(1, 0);
    struct pool_answer answer;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    give(pool, 1, "hang");
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(pool_wait(pool, ends[0], &answer), 0);
    pool_close(pool); /* does not wait for the one that hangs */
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_after_another),
        cmocka_unit_test(the_dead_are_replaced),
        cmocka_unit_test(each_gets_its_own_answer),
        cmocka_unit_test(interrupted),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
