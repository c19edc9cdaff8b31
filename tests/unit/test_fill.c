/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "qed/fill.h"
#include "qed/sparse.h"
#include "tests/unit/folder.h"
#include "tests/unit/tiny_image.h"

/* Writes the image and fills it; returns the file, open, and how many clusters were filled. */
static int write_filled(struct tiny_image *image, uint64_t *clusters)
{
    static const struct output_options output_options = {.replace = false};
    const struct audit_options options = {.keep = 0};
    struct audit *audit = test_malloc(sizeof(*audit));
    char folder[FOLDER_SIZE], path[FOLDER_SIZE + 8];
    struct output *output;
    struct failure why = {0};
    int fd;

    folder_make(folder);
    snprintf(path, sizeof(path), "%s/out", folder);
    EXPECT_OK(output_open(&output, path, &output_options, &why), &why);
    EXPECT_OK(sparse_write(output, &image->memory.source, NULL, &why), &why);
    EXPECT_OK(audit_run(audit, &image->memory.source, &options, &why), &why);
    EXPECT_OK(fill_write(output, &image->memory.source, audit, NULL, clusters, &why), &why);
    EXPECT_OK(output_commit(output, &why), &why);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path) | rmdir(folder), 0);
    audit_free(audit);
    test_free(audit);
    return fd;
}

static uint64_t word_at(int fd, uint64_t offset)
{
    unsigned char bytes[8] = {0};

    assert_int_equal(pread(fd, bytes, sizeof(bytes), (off_t)offset), 8);
    return bytes_load64(bytes);
}

/* Each data cluster tells its position, the first one that refers to it; tables stay as they are.
 */
static void clusters_tell_their_position(void **state)
{
    struct tiny_image image;
    uint64_t clusters;
    int fd;

    (void)state;
    tiny_image_init(&image, 2, 1, 40, 40);
    tiny_image_set_l1(&image, 0, tiny_offset(3));
    tiny_image_set_l1(&image, 2, tiny_offset(5));
    tiny_image_set(&image, tiny_offset(3), 0, tiny_offset(20));
    tiny_image_set(&image, tiny_offset(3), 1, tiny_offset(21));
    tiny_image_set(&image, tiny_offset(3), 9, tiny_offset(20)); /* a second reference */
    tiny_image_set(&image, tiny_offset(3), 10, 1);
    tiny_image_set(&image, tiny_offset(3), 11, tiny_offset(6));  /* into another table */
    tiny_image_set(&image, tiny_offset(3), 12, tiny_offset(50)); /* behind the end */
    tiny_image_set(&image, tiny_offset(5), 7, tiny_offset(39));
    fd = write_filled(&image, &clusters);
    assert_int_equal(clusters, 2);
    for (uint64_t at = 0; at < FILL_SIZE; at += 8) {
        assert_int_equal(word_at(fd, tiny_offset(20) + at), 0);
        assert_int_equal(word_at(fd, tiny_offset(21) + at), TINY_CLUSTER);
    }
    assert_int_equal(word_at(fd, tiny_offset(21) + FILL_SIZE), 0);
    assert_int_equal(word_at(fd, tiny_offset(6)), 0);
    assert_int_equal(word_at(fd, tiny_offset(5) + 7 * 8), tiny_offset(39));
    assert_int_equal(lseek(fd, 0, SEEK_END), 40 * TINY_CLUSTER);
    close(fd);
    /* Without the reference into it the second table is read, and its cluster filled. */
    tiny_image_set(&image, tiny_offset(3), 11, 0);
    fd = write_filled(&image, &clusters);
    assert_int_equal(clusters, 3);
    assert_int_equal(word_at(fd, tiny_offset(39) + 504),
                     (2 * (uint64_t)image.geometry.nelems + 7) * TINY_CLUSTER);
    close(fd);
    tiny_image_free(&image);
}

/* But for the beginnings of clusters all is as in the source, whatever the image is like. */
static void nothing_else_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct prng prng = {.state = seed};
        struct tiny_image image;
        unsigned char bytes[40 * TINY_CLUSTER];
        uint64_t clusters;
        int fd;

        tiny_image_init(&image, 2, 1, 40, 40);
        tiny_image_randomize(&image, &prng);
        fd = write_filled(&image, &clusters);
        assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
        for (size_t at = 0; at < sizeof(bytes); at += 8) {
            uint64_t was = bytes_load64(image.memory.bytes + at);

            if (was != bytes_load64(bytes + at) && at % TINY_CLUSTER >= FILL_SIZE)
                fail_msg("seed %ju: 0x%zx", (uintmax_t)seed, at);
        }
        close(fd);
        tiny_image_free(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(clusters_tell_their_position),
                                       cmocka_unit_test(nothing_else_changes)};

    return cmocka_run_group_tests_name("fill", tests, NULL, NULL);
}
