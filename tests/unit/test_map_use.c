/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qed/map.h"
#include "tests/unit/folder.h"

static char folder[FOLDER_SIZE];

static int enter_folder(void **state)
{
    int fd;

    (void)state;
    folder_make(folder);
    if (chdir(folder))
        return -1;
    fd = open("image", O_WRONLY | O_CREAT, 0600);
    return fd < 0 || ftruncate(fd, 4096) || close(fd);
}

static int leave_folder(void **state)
{
    (void)state;
    return unlink("image") || chdir("/") || rmdir(folder);
}

/* What a new reader of the image is told. */
static int probe(void)
{
    int fd = open("image", O_RDONLY), in_use = map_file_in_use(fd);

    close(fd);
    return in_use;
}

static int set_lock(int fd, short type, off_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

    return fcntl(fd, F_OFD_SETLK, &lock);
}

static void readers_do_not_count(void **state)
{
    int fd = open("image", O_RDONLY);

    (void)state;
    assert_int_equal(probe(), 0);
    assert_int_equal(map_file_in_use(fd), 0);
    assert_int_equal(probe(), 0);
    close(fd);
}

static void writers_count(void **state)
{
    int fd = open("image", O_WRONLY);

    (void)state;
    assert_int_equal(probe(), 1);
    close(fd);
    assert_int_equal(probe(), 0);
    fd = open("image", O_RDWR);
    assert_int_equal(probe(), 1);
    close(fd);
}

/* Somebody who holds locks on a descriptor that cannot write, as on another machine. */
static void qemus_locks_count(void **state)
{
    static const struct {
        off_t byte;
        int in_use;
    } cases[] = {{100, 0}, {101, 1}, {102, 0}, {103, 1}, {200, 1}, {201, 0}, {203, 0}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int fd = open("image", O_RDONLY);

        assert_int_equal(set_lock(fd, F_RDLCK, cases[i].byte), 0);
        if (probe() != cases[i].in_use)
            fail_msg("byte %d", (int)cases[i].byte);
        close(fd);
    }
}

/* As qemu asks who is about to take the image for itself. */
static void a_reader_is_seen_by_qemu(void **state)
{
    int fd = open("image", O_RDONLY), other = open("image", O_RDONLY);
    const struct flock ask = {.l_type = F_WRLCK, .l_start = 100, .l_len = 1};
    struct flock lock = ask;

    (void)state;
    assert_int_equal(map_file_in_use(fd), 0);
    assert_int_equal(fcntl(other, F_OFD_GETLK, &lock), 0);
    assert_int_equal(lock.l_type, F_RDLCK);
    close(fd);
    lock = ask;
    assert_int_equal(fcntl(other, F_OFD_GETLK, &lock), 0);
    assert_int_equal(lock.l_type, F_UNLCK);
    close(other);
}

static void what_cannot_be_asked_is_not_known(void **state)
{
    (void)state;
    errno = 0;
    assert_int_equal(map_file_in_use(-1), -1);
    assert_int_equal(errno, EBADF);
}

/* No lease stays behind, and SIGIO is as it was. */
static void leaves_no_lease(void **state)
{
    int fd = open("image", O_RDONLY);
    struct sigaction action;

    (void)state;
    assert_int_equal(map_file_in_use(fd), 0);
    assert_int_equal(fcntl(fd, F_GETLEASE), F_UNLCK);
    sigaction(SIGIO, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_do_not_count),
        cmocka_unit_test(writers_count),
        cmocka_unit_test(qemus_locks_count),
        cmocka_unit_test(a_reader_is_seen_by_qemu),
        cmocka_unit_test(what_cannot_be_asked_is_not_known),
        cmocka_unit_test(leaves_no_lease),
    };

    return cmocka_run_group_tests_name("map_use", tests, enter_folder, leave_folder);
}
