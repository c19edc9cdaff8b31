/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/gather.h"

#include <unistd.h>

#include "tests/unit/folder.h"

static char folder[FOLDER_SIZE];

static void make_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int make_tree(void **state)
{
    (void)state;
    folder_make(folder);
    if (chdir(folder) || mkdir("d", 0700))
        return -1;
    make_file("d/a", "QED", 4);
    make_file("d/b", "QED", 4);
    make_file("list", "d/b", 4);
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    return unlink("d/a") || unlink("d/b") || unlink("list") || rmdir("d") || chdir("/") ||
           rmdir(folder);
}

static void words(void **state)
{
    struct options options = {.words = (char *[]){"d"}, .word_count = 1};
    struct failure why = {0};
    struct gathered gathered;
    struct stat file;

    (void)state;
    EXPECT_OK(gather(&gathered, &options, NULL, &why), &why);
    assert_int_equal(gathered.files.count, 2);
    assert_int_equal(stat("d/b", &file), 0);
    assert_int_equal(gathered.inputs[1].st_ino, file.st_ino);
    assert_int_equal(gathered.inputs[1].st_dev, file.st_dev);
    gather_free(&gathered);
}

static void list(void **state)
{
    struct options options = {.files0_from = "list"};
    struct failure why = {0};
    struct gathered gathered;

    (void)state;
    EXPECT_OK(gather(&gathered, &options, NULL, &why), &why);
    assert_int_equal(gathered.files.count, 1);
    assert_string_equal(gathered.files.list[0].path, "./d/b");
    gather_free(&gathered);
}

static void neither_or_both(void **state)
{
    struct options none = {0};
    struct options both = {.files0_from = "list", .words = (char *[]){"d"}, .word_count = 1};
    struct failure why = {0};
    struct gathered gathered;

    (void)state;
    EXPECT_FAILURE(gather(&gathered, &none, NULL, &why), &why, "give a folder or image");
    gather_free(&gathered);
    EXPECT_FAILURE(gather(&gathered, &both, NULL, &why), &why, "not both");
    gather_free(&gathered);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_tree, remove_tree)
    const struct CMUnitTest tests[] = {TEST(words), TEST(list), TEST(neither_or_both)};

    return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
