/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int ends[2];

static int make_pair(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static int close_pair(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void task_with_descriptor(void **state)
{
    struct message_task task = {.in_use = true}, got = {0};
    struct stat sent, taken;
    int fd = open("/dev/null", O_RDONLY), other = -1;

    (void)state;
    assert_int_equal(message_send_task(ends[0], &task, fd), 0);
    assert_int_equal(message_take_task(ends[1], &got, &other), 1);
    assert_true(got.in_use);
    assert_int_not_equal(other, fd);
    assert_int_equal(fstat(fd, &sent) | fstat(other, &taken), 0);
    assert_int_equal(sent.st_ino, taken.st_ino);
    close(fd);
    close(other);
}

static void no_more_tasks(void **state)
{
    struct message_task task;
    int fd;

    (void)state;
    shutdown(ends[0], SHUT_WR);
    assert_int_equal(message_take_task(ends[1], &task, &fd), 0);
}

static void task_without_descriptor(void **state)
{
    struct message_task task = {0};
    int fd;

    (void)state;
    assert_int_equal(write(ends[0], &task, sizeof(task)), sizeof(task));
    assert_int_equal(message_take_task(ends[1], &task, &fd), -1);
    assert_int_equal(errno, EPROTO);
}

static void answers_of_many_sizes(void **state)
{
    static const size_t sizes[] = {0, 1, 100, 4096, 100000};
    static char text[100000];
    struct message_buffer buffer = {0};

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        assert_int_equal(message_send_answer(ends[0], (uint32_t)i, text, sizes[i]), 0);
        assert_int_equal(message_take_answer(ends[1], &buffer), 1);
        assert_int_equal(buffer.answer.status, i);
        assert_int_equal(strlen(buffer.text), sizes[i]);
        message_reset(&buffer);
    }
}

static void answer_in_pieces(void **state)
{
    struct message_answer answer = {0, 3};
    unsigned char bytes[sizeof(answer) + 3];
    struct message_buffer buffer = {0};

    (void)state;
    memcpy(bytes, &answer, sizeof(answer));
    memcpy(bytes + sizeof(answer), "abc", 3);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        assert_int_equal(message_take_answer(ends[1], &buffer), 0);
        assert_int_equal(write(ends[0], bytes + i, 1), 1);
    }
    assert_int_equal(message_take_answer(ends[1], &buffer), 1);
    assert_string_equal(buffer.text, "abc");
    message_reset(&buffer);
}

/* Sends a header of an answer and some text, and expects an error. */
static void expect_error(uint32_t status, uint32_t size, const char *text, int error)
{
    struct message_answer answer = {status, size};
    struct message_buffer buffer = {0};

    assert_int_equal(write(ends[0], &answer, sizeof(answer)), sizeof(answer));
    assert_int_equal(write(ends[0], text, strlen(text)), strlen(text));
    if (error == EPIPE)
        shutdown(ends[0], SHUT_WR);
    assert_int_equal(message_take_answer(ends[1], &buffer), -1);
    assert_int_equal(errno, error);
    message_reset(&buffer);
}

static void nonsense(void **state)
{
    (void)state;
    expect_error(256, 0, "", EPROTO);
}

static void too_long(void **state)
{
    (void)state;
    expect_error(0, MESSAGE_MAX + 1, "", EPROTO);
}

static void more_than_was_said(void **state)
{
    (void)state;
    expect_error(0, 2, "abc", EPROTO);
}

static void cut_short(void **state)
{
    (void)state;
    expect_error(0, 4, "abc", EPIPE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_pair, close_pair)
    const struct CMUnitTest tests[] = {
        TEST(task_with_descriptor),
        TEST(no_more_tasks),
        TEST(task_without_descriptor),
        TEST(answers_of_many_sizes),
        TEST(answer_in_pieces),
        TEST(nonsense),
        TEST(too_long),
        TEST(more_than_was_said),
        TEST(cut_short),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
