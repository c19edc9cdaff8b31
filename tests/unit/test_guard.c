/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/guard.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/unit/in_child.h"

#define PAGE   ((size_t)4096)
#define LENGTH (8 * PAGE)

/* A file of eight pages of 'a', 'b', ..., mapped, and cut to some of them afterwards. */
struct cut_file {
    int fd;
    unsigned char *map;
};

static void cut_file_make(struct cut_file *file, size_t length)
{
    unsigned char page[PAGE];

    file->fd = open("/tmp", O_RDWR | O_TMPFILE | O_EXCL, 0600);
    demand(file->fd >= 0);
    for (size_t i = 0; i < LENGTH / PAGE; i++) {
        memset(page, 'a' + (int)i, PAGE);
        demand(write(file->fd, page, PAGE) == PAGE);
    }
    file->map = mmap(NULL, LENGTH, PROT_READ, MAP_SHARED, file->fd, 0);
    demand(file->map != MAP_FAILED);
    demand(ftruncate(file->fd, (off_t)length) == 0);
}

static void cut_file_free(struct cut_file *file)
{
    munmap(file->map, LENGTH);
    close(file->fd);
}

static void copies_what_is_there(void)
{
    struct cut_file file;
    unsigned char bytes[2 * PAGE];

    cut_file_make(&file, LENGTH);
    demand(guard_copy(bytes, file.map + PAGE / 2, 2 * PAGE) == 0);
    demand(!memcmp(bytes, file.map + PAGE / 2, 2 * PAGE));
    demand(guard_copy(bytes, file.map, 0) == 0);
    cut_file_free(&file);
}

/* Many times: a jump must leave nothing behind, blocked signals least of all. */
static void tells_what_is_not(void)
{
    struct cut_file file;
    unsigned char bytes[LENGTH];

    cut_file_make(&file, 3 * PAGE);
    for (int i = 0; i < 1000; i++) {
        demand(guard_copy(bytes, file.map + 2 * PAGE, 2 * PAGE) == -1);
        demand(guard_copy(bytes, file.map, 3 * PAGE) == 0);
        demand(guard_copy(bytes, file.map + LENGTH - 1, 1) == -1);
    }
    cut_file_free(&file);
}

struct sum {
    const unsigned char *from;
    size_t size;
    unsigned long result;
};

static void add_up(void *context)
{
    struct sum *sum = context;

    for (size_t i = 0; i < sum->size; i++)
        sum->result += ((volatile const unsigned char *)sum->from)[i];
}

static int run_sum(struct sum *sum)
{
    sum->result = 0;
    return guard_run(add_up, sum, sum->from, sum->from + sum->size);
}

static void runs_in_place(void)
{
    struct cut_file file;
    struct sum sum;

    cut_file_make(&file, 2 * PAGE);
    sum = (struct sum){.from = file.map, .size = 2 * PAGE};
    demand(run_sum(&sum) == 0);
    demand(sum.result == PAGE * 'a' + PAGE * 'b');
    sum.size = 2 * PAGE + 1;
    demand(run_sum(&sum) == -1);
    cut_file_free(&file);
}

struct thread {
    struct cut_file *file;
    bool cut;
    int wrong;
};

static void *read_again_and_again(void *context)
{
    struct thread *thread = context;
    struct sum sum = {.from = thread->file->map + (thread->cut ? 4 * PAGE : 0), .size = PAGE};

    for (int i = 0; i < 2000; i++)
        thread->wrong += run_sum(&sum) != (thread->cut ? -1 : 0);
    return NULL;
}

static void threads_have_guards_of_their_own(void)
{
    struct cut_file file;
    struct thread threads[4];
    pthread_t ids[4];

    cut_file_make(&file, 2 * PAGE);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        threads[i] = (struct thread){&file, i % 2, 0};
        demand(pthread_create(&ids[i], NULL, read_again_and_again, &threads[i]) == 0);
    }
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(ids[i], NULL);
        demand(threads[i].wrong == 0);
    }
    cut_file_free(&file);
}

/* Ways to meet SIGBUS that are no failed read under a guard. */
static void fault_unguarded(void)
{
    struct cut_file file;
    unsigned char byte;

    cut_file_make(&file, PAGE);
    demand(guard_copy(&byte, file.map, 1) == 0);
    demand(guard_copy(&byte, file.map + LENGTH - 1, 1) == -1);
    byte = *(volatile unsigned char *)(file.map + LENGTH - 1);
    _exit(byte);
}

static void fault_elsewhere(void)
{
    struct cut_file file;
    struct sum sum;

    cut_file_make(&file, PAGE);
    sum = (struct sum){.from = file.map + LENGTH - PAGE, .size = PAGE};
    guard_run(add_up, &sum, file.map, file.map + PAGE);
}

static void send_to_oneself(void)
{
    unsigned char byte = 0, copy;

    demand(guard_copy(&copy, &byte, 1) == 0);
    raise(SIGBUS);
}

static void other_faults_are_deadly(void **state)
{
    static void (*const ways[])(void) = {fault_unguarded, fault_elsewhere, send_to_oneself};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        int status = run_in_child(ways[i]);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGBUS);
    }
}

#define TEST(property)                                                                             \
    static void test_##property(void **state)                                                      \
    {                                                                                              \
        (void)state;                                                                               \
        assert_int_equal(run_in_child(property), 0);                                               \
    }

TEST(copies_what_is_there)
TEST(tells_what_is_not)
TEST(runs_in_place)
TEST(threads_have_guards_of_their_own)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_what_is_there),
        cmocka_unit_test(test_tells_what_is_not),
        cmocka_unit_test(test_runs_in_place),
        cmocka_unit_test(test_threads_have_guards_of_their_own),
        cmocka_unit_test(other_faults_are_deadly),
    };

    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
