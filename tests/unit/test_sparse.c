/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "qed/sparse.h"
#include "tests/unit/folder.h"
#include "tests/unit/memory_source.h"

#define MIB ((uint64_t)1 << 20)

/* Data are where they were, all else is hole: also where a range is longer than a chunk. */
static void data_and_holes(void **state)
{
    static const struct output_options options = {.replace = false};
    struct memory_source memory;
    char folder[FOLDER_SIZE], path[FOLDER_SIZE + 8];
    unsigned char *bytes = calloc(1, 4 * MIB);
    struct output *output;
    struct failure why = {0};
    int fd;

    (void)state;
    memory_source_init(&memory, UINT64_C(1) << 40, 4 * MIB);
    memory.grain = 4096;
    memset(memory.bytes, 1, 100);
    memset(memory.bytes + MIB, 2, MIB);
    memory.bytes[4 * MIB - 1] = 3;
    folder_make(folder);
    snprintf(path, sizeof(path), "%s/out", folder);
    EXPECT_OK(output_open(&output, path, &options, &why), &why);
    EXPECT_OK(sparse_write(output, &memory.source, NULL, &why), &why);
    EXPECT_OK(output_commit(output, &why), &why);
    fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, bytes, 4 * MIB, 0), 4 * MIB);
    assert_memory_equal(bytes, memory.bytes, 4 * MIB);
    assert_int_equal(lseek(fd, 0, SEEK_HOLE), 4096);
    assert_int_equal(lseek(fd, 4096, SEEK_DATA), MIB);
    assert_int_equal(lseek(fd, MIB, SEEK_HOLE), 2 * MIB);
    assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)1 << 40);
    close(fd);
    assert_int_equal(unlink(path) | rmdir(folder), 0);
    memory_source_free(&memory);
    free(bytes);
}

static void failures_are_told(void **state)
{
    static const struct output_options options = {.replace = false};
    struct memory_source memory;
    char folder[FOLDER_SIZE], path[FOLDER_SIZE + 8];
    struct output *output;
    struct failure why = {0};

    (void)state;
    memory_source_init(&memory, MIB, 4096);
    memory.bytes[0] = 1;
    memory.calls_left = 0;
    folder_make(folder);
    snprintf(path, sizeof(path), "%s/out", folder);
    EXPECT_OK(output_open(&output, path, &options, &why), &why);
    EXPECT_FAILURE(sparse_write(output, &memory.source, NULL, &why), &why, "out of calls");
    memory.source.size = UINT64_MAX;
    EXPECT_FAILURE(sparse_write(output, &memory.source, NULL, &why), &why, "cannot make a file");
    output_discard(output);
    assert_int_equal(rmdir(folder), 0);
    memory_source_free(&memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(data_and_holes),
                                       cmocka_unit_test(failures_are_told)};

    return cmocka_run_group_tests_name("sparse", tests, NULL, NULL);
}
