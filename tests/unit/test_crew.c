/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/crew.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

#define WORKERS 4
#define RING    7

/* Goes before the C library's: lets no more than so many threads be started. */
static unsigned threads_left = UINT32_MAX;

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
                   void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

    if (threads_left == 0)
        return EAGAIN;
    threads_left--;
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attr, start, argument);
}

struct job {
    uint64_t number, square;
    int *busy; /* by worker */
};

/* Takes longer for some than for others, so that jobs are not done in order. */
static void square(void *argument, unsigned worker)
{
    struct job *job = argument;

    if (worker >= WORKERS || job->busy[worker]++)
        abort();
    for (unsigned i = 0; i < job->number % 5 * 3; i++)
        sched_yield();
    job->square = job->number * job->number;
    job->busy[worker]--;
}

static void check_order(unsigned workers, uint64_t total)
{
    int busy[WORKERS] = {0};
    struct job jobs[RING] = {0};
    struct failure why = {0};
    uint64_t given = 0, taken = 0;
    struct crew *crew;

    EXPECT_OK(crew_start(&crew, workers, square, jobs, sizeof(jobs[0]), RING, &why), &why);
    while (taken < total) {
        struct job *job;

        while (given < total && (job = crew_vacant(crew))) {
            *job = (struct job){.number = given++, .busy = busy};
            crew_give(crew);
        }
        job = crew_take(crew);
        assert_non_null(job);
        assert_int_equal(job->number, taken);
        assert_int_equal(job->square, taken * taken);
        taken++;
    }
    assert_null(crew_take(crew));
    crew_end(crew);
}

static void jobs_come_back_in_order(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= WORKERS; workers++) {
        check_order(workers, 3);
        check_order(workers, 2000);
    }
}

/* What was taken last stays while the ring is filled to the brim. */
static void the_job_taken_last_is_left_alone(void **state)
{
    int busy[WORKERS] = {0};
    struct job jobs[2] = {0}, *first, *second;
    struct failure why = {0};
    struct crew *crew;

    (void)state;
    EXPECT_OK(crew_start(&crew, 1, square, jobs, sizeof(jobs[0]), 2, &why), &why);
    assert_null(crew_take(crew));
    first = crew_vacant(crew);
    *first = (struct job){.number = 5, .busy = busy};
    crew_give(crew);
    assert_null(crew_vacant(crew));
    assert_ptr_equal(crew_take(crew), first);
    second = crew_vacant(crew);
    assert_ptr_not_equal(second, first);
    *second = (struct job){.number = 6, .busy = busy};
    crew_give(crew);
    assert_null(crew_vacant(crew));
    assert_int_equal(first->square, 25);
    assert_ptr_equal(crew_take(crew), second);
    assert_int_equal(second->square, 36);
    crew_end(crew);
}

/* As after a failure: nobody takes what was given. */
static void ends_with_jobs_under_way(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= WORKERS; workers++) {
        int busy[WORKERS] = {0};
        struct job jobs[RING] = {0}, *job;
        struct failure why = {0};
        struct crew *crew;

        EXPECT_OK(crew_start(&crew, workers, square, jobs, sizeof(jobs[0]), RING, &why), &why);
        while ((job = crew_vacant(crew))) {
            *job = (struct job){.number = 4, .busy = busy};
            crew_give(crew);
        }
        crew_end(crew);
    }
    crew_end(NULL);
}

static void works_with_fewer_threads_than_wished_for(void **state)
{
    (void)state;
    for (unsigned left = 0; left < 3; left++) {
        threads_left = left;
        check_order(WORKERS, 500);
        assert_int_equal(threads_left, 0);
    }
    threads_left = UINT32_MAX;
}

static void counts_cores(void **state)
{
    (void)state;
    assert_in_range(crew_size(0), 1, 8);
    assert_int_equal(crew_size(1), 1);
    assert_int_equal(crew_size(100), 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_back_in_order),
        cmocka_unit_test(the_job_taken_last_is_left_alone),
        cmocka_unit_test(ends_with_jobs_under_way),
        cmocka_unit_test(works_with_fewer_threads_than_wished_for),
        cmocka_unit_test(counts_cores),
    };

    return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
