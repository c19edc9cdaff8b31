/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/find.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/folder.h"

#define MAGIC "QED"

static char top[FOLDER_SIZE];

static void make_file(const char *path, const char *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
}

/* A folder of images, among things that are none. */
static int make_tree(void **state)
{
    (void)state;
    folder_make(top);
    assert_int_equal(chdir(top), 0);
    assert_int_equal(mkdir("d", 0700) | mkdir("d/sub", 0700) | mkdir("d/sub/deep", 0700), 0);
    make_file("d/b.img", MAGIC, 4);
    make_file("d/a\nname", MAGIC "\0rest", 8);
    make_file("d/short", MAGIC, 3);
    make_file("d/other.qed", "QFI\xfb....", 8);
    make_file("d/empty.qed", "", 0);
    make_file("d/sub/deep/c", MAGIC, 4);
    assert_int_equal(link("d/b.img", "d/sub/link"), 0);
    assert_int_equal(symlink("b.img", "d/symlink") | symlink("d", "folder-link"), 0);
    assert_int_equal(symlink("..", "d/sub/up") | mkfifo("d/fifo", 0600), 0);
    return 0;
}

static int remove_tree(void **state)
{
    static const char *const names[] = {"d/b.img",     "d/a\nname",    "d/short",    "d/other.qed",
                                        "d/empty.qed", "d/sub/deep/c", "d/sub/link", "folder-link",
                                        "d/sub/up",    "d/symlink",    "d/fifo"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_int_equal(unlink(names[i]), 0);
    assert_int_equal(rmdir("d/sub/deep") | rmdir("d/sub") | rmdir("d") | chdir("/") | rmdir(top),
                     0);
    return 0;
}

/*
 * Walks over the paths, a list that ends with NULL, and expects exactly what is in found, with "./"
 * before each.
 */
static void expect(char *const *paths, const char *const *found, const struct shard *shard)
{
    struct find_options options = {.shard = *shard};
    struct failure why = {0};
    struct files files;
    size_t skipped = 0, count = 0;

    while (paths[count])
        count++;
    files_init(&files);
    EXPECT_OK(find_images(&files, paths, count, &options, &skipped, &why), &why);
    for (count = 0; found[count]; count++) {
        assert_true(count < files.count);
        assert_memory_equal(files.list[count].path, "./", 2);
        assert_string_equal(files.list[count].path + 2, found[count]);
    }
    assert_int_equal(files.count, count);
    assert_int_equal(skipped, 0);
    files_free(&files);
}

static const struct shard all;

static void by_magic(void **state)
{
    (void)state;
    expect((char *[]){"d", NULL},
           (const char *[]){"d/a\nname", "d/b.img", "d/sub/deep/c", "d/sub/link", NULL}, &all);
    expect((char *[]){"./d//sub/", NULL}, (const char *[]){"d/sub/deep/c", "d/sub/link", NULL},
           &all);
}

static void named_ones_whatever_they_are(void **state)
{
    (void)state;
    expect((char *[]){"d/short", "d/fifo", "d/symlink", "missing", NULL},
           (const char *[]){"d/fifo", "d/short", "d/symlink", "missing", NULL}, &all);
    expect((char *[]){"folder-link", NULL},
           (const char *[]){"folder-link/a\nname", "folder-link/b.img", "folder-link/sub/deep/c",
                            "folder-link/sub/link", NULL},
           &all);
}

static void repeated_ones_once(void **state)
{
    (void)state;
    expect((char *[]){"d/sub", "d/sub/link", "d/sub", NULL},
           (const char *[]){"d/sub/deep/c", "d/sub/link", NULL}, &all);
}

static void missing_ones_have_an_error(void **state)
{
    struct find_options options = {0};
    struct failure why = {0};
    struct files files;
    size_t skipped = 0;

    (void)state;
    files_init(&files);
    EXPECT_OK(find_images(&files, (char *[]){"missing"}, 1, &options, &skipped, &why), &why);
    assert_int_equal(files.count, 1);
    assert_int_equal(files.list[0].error, ENOENT);
    files_free(&files);
}

static void every_path_in_one_shard(void **state)
{
    (void)state;
    for (unsigned count = 1; count < 20; count++) {
        for (unsigned i = 0; i < 50; i++) {
            char path[16];
            unsigned shards = 0;

            snprintf(path, sizeof(path), "d/%u", i);
            for (unsigned number = 1; number <= count; number++)
                shards += find_in_shard(&(struct shard){number, count}, path);
            assert_int_equal(shards, 1);
        }
    }
}

/* The first 8 bytes of the hash modulo the count: sha256("a") is ca978112ca1bbdca... */
static void shards_are_by_hash(void **state)
{
    (void)state;
    assert_true(find_in_shard(&(struct shard){1 + UINT64_C(0xca978112ca1bbdca) % 7, 7}, "a"));
    /* The name of the folder that was named does not matter. */
    for (unsigned number = 1; number <= 2; number++) {
        const struct shard shard = {number, 2};

        expect((char *[]){"d/sub/deep", NULL},
               (const char *[]){find_in_shard(&shard, "c") ? "d/sub/deep/c" : NULL, NULL}, &shard);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_magic),
        cmocka_unit_test(named_ones_whatever_they_are),
        cmocka_unit_test(repeated_ones_once),
        cmocka_unit_test(missing_ones_have_an_error),
        cmocka_unit_test(every_path_in_one_shard),
        cmocka_unit_test(shards_are_by_hash),
    };

    return cmocka_run_group_tests_name("find", tests, make_tree, remove_tree);
}
