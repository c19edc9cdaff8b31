/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "bugreport/unpack/stream.h"
#include "tests/unit/memory_file.h"

static int read_all(const void *file, size_t size, char *text, size_t room, struct failure *why)
{
    int fd = memory_file(file, size), more = -1;
    const unsigned char *bytes;
    struct stream *stream = NULL;
    size_t part, used = 0;

    if (!stream_open(&stream, fd, 2, why)) {
        assert_int_equal(stream_file_size(stream), size);
        while ((more = stream_next(stream, &bytes, &part, why)) > 0) {
            assert_true(part > 0 && used + part < room);
            memcpy(text + used, bytes, part);
            used += part;
        }
    }
    text[used] = '\0';
    stream_close(stream);
    close(fd);
    return more;
}

/* A gzip member of a text, with a name in its header or NULL. */
static size_t gzip(const char *text, const char *name, unsigned char *to, size_t room)
{
    gz_header header = {.name = (Bytef *)(uintptr_t)name};
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    if (name)
        deflateSetHeader(&stream, &header);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = to;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}

static void plain_files(void **state)
{
    char text[100];
    struct failure why = {0};

    (void)state;
    EXPECT_OK(read_all("hello", 5, text, sizeof(text), &why), &why);
    assert_string_equal(text, "hello");
    EXPECT_OK(read_all("", 0, text, sizeof(text), &why), &why);
    assert_string_equal(text, "");
}

static void gzip_files(void **state)
{
    unsigned char file[400];
    char text[100];
    struct failure why = {0};
    size_t size = gzip("hello", NULL, file, sizeof(file));

    (void)state;
    EXPECT_OK(read_all(file, size, text, sizeof(text), &why), &why);
    assert_string_equal(text, "hello");
    for (size_t cut = 2; cut < size; cut++)
        EXPECT_FAILURE(read_all(file, cut, text, sizeof(text), &why), &why, "too early");
    file[size] = 0;
    EXPECT_FAILURE(read_all(file, size + 1, text, sizeof(text), &why), &why, "behind the end");
    size += gzip("more", NULL, file + size, sizeof(file) - size);
    EXPECT_FAILURE(read_all(file, size, text, sizeof(text), &why), &why, "behind the end");
    size = gzip("hello", "secret", file, sizeof(file));
    EXPECT_FAILURE(read_all(file, size, text, sizeof(text), &why), &why, "a name");
    size = gzip("hello", NULL, file, sizeof(file));
    file[size - 8] ^= 1;
    EXPECT_FAILURE(read_all(file, size, text, sizeof(text), &why), &why, "damaged");
}

static void damaged_filters(void **state)
{
    static const char zstd[] = "\x28\xb5\x2f\xfdxxxxxxxxxxxxxxxx", xz[] = "\xfd"
                                                                          "7zXZ\0xxxxxxxxxxxxxxxx";
    char text[100];
    struct failure why = {0};

    (void)state;
    EXPECT_FAILURE(read_all(zstd, sizeof(zstd), text, sizeof(text), &why), &why, "damaged");
    EXPECT_FAILURE(read_all(xz, sizeof(xz), text, sizeof(text), &why), &why, "damaged");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plain_files), cmocka_unit_test(gzip_files),
                                       cmocka_unit_test(damaged_filters)};

    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
