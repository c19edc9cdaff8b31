/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/name_list.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/folder.h"

/* Reads a list of these bytes, and expects these names, a list that ends with NULL. */
static void expect(const char *bytes, size_t size, const char *const *names)
{
    char folder[FOLDER_SIZE], path[FOLDER_SIZE + 8];
    struct name_list list;
    struct failure why = {0};
    size_t count = 0;
    int fd;

    folder_make(folder);
    snprintf(path, sizeof(path), "%s/list", folder);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    EXPECT_OK(name_list_read(&list, path, &why), &why);
    for (; names[count]; count++) {
        assert_true(count < list.count);
        assert_string_equal(list.names[count], names[count]);
    }
    assert_int_equal(list.count, count);
    name_list_free(&list);
    assert_int_equal(unlink(path) | rmdir(folder), 0);
}

static void names(void **state)
{
    (void)state;
    expect("", 0, (const char *[]){NULL});
    expect("a\0b c\nd\0", 8, (const char *[]){"a", "b c\nd", NULL});
    expect("a\0b", 3, (const char *[]){"a", "b", NULL});
    expect("\0\xff\0", 3, (const char *[]){"", "\xff", NULL});
}

static void many(void **state)
{
    static const char *wanted[1001];
    static char bytes[2000];

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        bytes[2 * i] = 'x';
        wanted[i] = "x";
    }
    expect(bytes, sizeof(bytes), wanted);
}

static void no_such_list(void **state)
{
    struct name_list list;
    struct failure why = {0};

    (void)state;
    EXPECT_FAILURE(name_list_read(&list, "/nowhere/list", &why), &why, "No such file");
    name_list_free(&list);
    EXPECT_FAILURE(name_list_read(&list, "/", &why), &why, "Is a directory");
    name_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(many),
        cmocka_unit_test(no_such_list),
    };

    return cmocka_run_group_tests_name("name_list", tests, NULL, NULL);
}
