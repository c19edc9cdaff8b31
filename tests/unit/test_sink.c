/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/sink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/folder.h"

#define EMPTY_HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC_HASH   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void counts_and_hashes_without_an_output(void **state)
{
    struct failure why = {0};
    struct sink sink;
    char hex[SINK_HEX_SIZE];

    (void)state;
    sink_init(&sink, NULL);
    EXPECT_OK(sink_write(&sink, "a", 1, &why), &why);
    EXPECT_OK(sink_write(&sink, "", 0, &why), &why);
    EXPECT_OK(sink_write(&sink, "bc", 2, &why), &why);
    assert_int_equal(sink.size, 3);
    sink_hex(&sink.hash, hex);
    assert_string_equal(hex, ABC_HASH);
    sink_hex(&sink.hash, hex);
    assert_string_equal(hex, EMPTY_HASH);
    assert_int_equal(sink.size, 3);
}

/* The same bytes reach the file that are counted and hashed. */
static void writes_to_the_output(void **state)
{
    char folder[FOLDER_SIZE], path[64], text[8] = "";
    const struct output_options options = {0};
    struct failure why = {0};
    struct output *output = NULL;
    struct sink sink;
    char hex[SINK_HEX_SIZE];
    int fd;

    (void)state;
    folder_make(folder);
    snprintf(path, sizeof(path), "%s/out", folder);
    EXPECT_OK(output_open(&output, path, &options, &why), &why);
    sink_init(&sink, output);
    EXPECT_OK(sink_write(&sink, "ab", 2, &why), &why);
    EXPECT_OK(sink_write(&sink, "c", 1, &why), &why);
    EXPECT_OK(output_commit(output, &why), &why);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof(text)), 3);
    close(fd);
    assert_string_equal(text, "abc");
    sink_hex(&sink.hash, hex);
    assert_string_equal(hex, ABC_HASH);
    assert_int_equal(unlink(path) | rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_hashes_without_an_output),
        cmocka_unit_test(writes_to_the_output),
    };

    return cmocka_run_group_tests_name("sink", tests, NULL, NULL);
}
