/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/folder.h"

static size_t add(struct files *files, const char *path, size_t folder, ino_t inode)
{
    struct failure why = {0};
    struct found *found = files_add(files, strdup(path), folder, &why);

    assert_non_null(found);
    found->identity.inode = inode;
    found->error = inode ? 0 : EACCES;
    return files->count - 1;
}

static size_t add_folder(struct files *files, const char *path, size_t parent)
{
    struct failure why = {0};

    assert_non_null(files_add_folder(files, strdup(path), parent, &why));
    return files->folder_count - 1;
}

static void sorted_without_repetitions(void **state)
{
    struct files files;
    struct failure why = {0};
    size_t folder;

    (void)state;
    files_init(&files);
    folder = add_folder(&files, "d", FILES_NO_FOLDER);
    add(&files, "d/c", folder, 3);
    add(&files, "d/b", folder, 2);
    add(&files, "d/b", FILES_NO_FOLDER, 2);
    add(&files, "d/a", folder, 3);
    add(&files, "d/e", folder, 0);
    add(&files, "d/f", folder, 0);
    EXPECT_OK(files_finish(&files, &why), &why);
    assert_int_equal(files.count, 5);
    assert_string_equal(files.list[0].path, "d/a");
    assert_string_equal(files.list[1].path, "d/b");
    assert_int_equal(files.list[1].folder, FILES_NO_FOLDER);
    assert_string_equal(files.list[2].path, "d/c");
    for (size_t i = 0; i < files.count; i++)
        assert_int_equal(files.list[i].same, i == 2 ? 0 : i); /* c is the file of a */
    assert_int_equal(files.list[0].next, 2);
    assert_int_equal(files.list[2].next, FILES_NO_MORE);
    files_free(&files);
}

static void nothing_at_all(void **state)
{
    struct files files;
    struct failure why = {0};

    (void)state;
    files_init(&files);
    EXPECT_OK(files_finish(&files, &why), &why);
    assert_int_equal(files.count, 0);
    files_free(&files);
}

static void below_the_folder_named(void **state)
{
    static const char *const named[] = {"d", "/", ".", "/d/e"};
    static const char *const paths[] = {"d/s/x", "/s/x", "./s/x", "/d/e/s/x"};
    struct files files;
    size_t folder;

    (void)state;
    files_init(&files);
    for (size_t i = 0; i < COUNT_OF(named); i++) {
        folder = add_folder(&files, "s", add_folder(&files, named[i], FILES_NO_FOLDER));
        assert_string_equal(files_below(&files, paths[i], folder), "s/x");
    }
    assert_string_equal(files_below(&files, "d/x", FILES_NO_FOLDER), "d/x");
    files_free(&files);
}

static void make_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    close(fd);
}

/* Opens d/e/f, and the same where d/e is a link by then. */
static void folders_are_not_reached_by_links(void **state)
{
    char top[FOLDER_SIZE];
    struct files files;
    size_t d, e, file;
    int fd;

    (void)state;
    folder_make(top);
    assert_int_equal(chdir(top), 0);
    assert_int_equal(mkdir("d", 0700) | mkdir("d/e", 0700) | mkdir("x", 0700), 0);
    make_file("d/e/f");
    make_file("x/f");
    files_init(&files);
    d = add_folder(&files, "d", FILES_NO_FOLDER);
    e = add_folder(&files, "d/e", d);
    file = add(&files, "d/e/f", e, 1);
    fd = files_open(&files, &files.list[file]);
    assert_true(fd >= 0);
    close(fd);

    assert_true(files_open_folder(&files, d) >= 0);
    assert_int_equal(rename("d/e", "d/was") | symlink("../x", "d/e"), 0);
    assert_int_equal(files_open(&files, &files.list[file]), -1);
    assert_true(errno == ELOOP || errno == ENOTDIR);
    assert_int_equal(symlink("was/f", "d/f"), 0);
    assert_int_equal(files_open_in(&files, d, "f"), -1);
    assert_int_equal(errno, ELOOP);
    files_free(&files);
    assert_int_equal(unlink("d/f") | unlink("d/e") | unlink("d/was/f") | unlink("x/f"), 0);
    assert_int_equal(rmdir("d/was") | rmdir("d") | rmdir("x") | chdir("/") | rmdir(top), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorted_without_repetitions),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(below_the_folder_named),
        cmocka_unit_test(folders_are_not_reached_by_links),
    };

    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
