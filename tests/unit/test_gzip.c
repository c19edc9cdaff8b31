/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/gzip.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#include "bugreport/pack/gzip_block.h"
#include "tests/unit/catch.h"
#include "tests/unit/tables.h"

#define MOST ((size_t)3 << 20)

enum content { ZEROS, NOISE, TABLE, CONTENTS };

static void fill(unsigned char *bytes, size_t size, enum content content, struct prng *prng)
{
    memset(bytes, 0, size);
    for (size_t i = 0; i < size && content == NOISE; i++)
        bytes[i] = (unsigned char)prng_next(prng);
    for (size_t i = 0; i + 8 <= size && content == TABLE; i += 8)
        memcpy(bytes + i, &(uint64_t){i * 8192}, 8);
}

/* Deflates in pieces of random size. */
static unsigned char *deflate_all(const unsigned char *bytes, size_t size,
                                  const struct gzip_options *options, struct prng *prng,
                                  size_t *deflated)
{
    struct failure why = {0};
    struct catch catch;
    struct gzip *gzip;
    size_t at = 0;

    catch_begin(&catch);
    EXPECT_OK(gzip_open(&gzip, &catch.sink, options, &why), &why);
    while (at < size) {
        size_t part = prng ? (size_t)prng_below(prng, 300000) : size;

        part = part < size - at ? part : size - at;
        EXPECT_OK(gzip_write(gzip, bytes + at, part, &why), &why);
        at += part;
    }
    EXPECT_OK(gzip_finish(gzip, &why), &why);
    gzip_free(gzip);
    return catch_end(&catch, deflated);
}

/* One gzip member, which zlib inflates to what went in. */
static void check_inflates(const unsigned char *deflated, size_t deflated_size,
                           const unsigned char *bytes, size_t size)
{
    unsigned char *back = malloc(size + 1);
    z_stream stream = {0};

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)deflated;
    stream.avail_in = (uInt)deflated_size;
    stream.next_out = back;
    stream.avail_out = (uInt)size + 1;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, size);
    assert_memory_equal(back, bytes, size);
    inflateEnd(&stream);
    free(back);
}

static void check_size(size_t size, const struct gzip_options *options, struct prng *prng)
{
    unsigned char *bytes = malloc(size + 1);

    for (int content = 0; content < CONTENTS; content++) {
        size_t first_size, second_size;
        unsigned char *first, *second;

        fill(bytes, size, (enum content)content, prng);
        first = deflate_all(bytes, size, options, prng, &first_size);
        check_inflates(first, first_size, bytes, size);
        second = deflate_all(bytes, size, options, NULL, &second_size);
        assert_int_equal(first_size, second_size);
        assert_memory_equal(first, second, first_size);
        free(first);
        free(second);
    }
    free(bytes);
}

/* However the bytes are cut in pieces, the same bytes give the same archive. */
static void inflates_to_what_went_in(void **state)
{
    static const size_t sizes[] = {0, 1, 7, 4096, 131071, 131072, 1000000, MOST};
    struct gzip_options options = {.jobs = 2};
    struct prng prng = {1};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        check_size(sizes[i], &options, &prng);
    options.plain = true;
    check_size(MOST, &options, &prng);
}

/* Two kinds of content, each in blocks of its own, or not. */
static unsigned char *deflate_two(const unsigned char *bytes, size_t first, size_t size, bool apart,
                                  size_t *deflated_size)
{
    struct gzip_options options = {.jobs = 2};
    struct failure why = {0};
    struct catch catch;
    struct gzip *gzip;

    catch_begin(&catch);
    EXPECT_OK(gzip_open(&gzip, &catch.sink, &options, &why), &why);
    if (apart)
        gzip_end_block(gzip);
    EXPECT_OK(gzip_write(gzip, bytes, first, &why), &why);
    if (apart)
        gzip_end_block(gzip);
    EXPECT_OK(gzip_write_hashed(gzip, bytes + first, size - first, &why), &why);
    EXPECT_OK(gzip_finish(gzip, &why), &why);
    gzip_free(gzip);
    return catch_end(&catch, deflated_size);
}

static void content_of_another_kind_is_better_apart(void **state)
{
    const char *line = "what is said again and again\n";
    size_t size = GZIP_BLOCK_SIZE / 2, first = size / 16, together, apart;
    unsigned char *bytes = malloc(size), *deflated;
    struct prng prng = {3};

    (void)state;
    for (size_t i = 0; i < first; i++)
        bytes[i] = (unsigned char)line[i % strlen(line)];
    fill(bytes + first, size - first, TABLE, &prng);
    free(deflate_two(bytes, first, size, false, &together));
    deflated = deflate_two(bytes, first, size, true, &apart);
    check_inflates(deflated, apart, bytes, size);
    assert_true(apart < together);
    free(deflated);
    free(bytes);
}

/* What is hashed begins and ends anywhere, and whoever deflates a block hashes it. */
static void hashes_what_it_is_told_to(void **state)
{
    static const size_t from[] = {0, 5, 262143, 700000}, size[] = {1, 262139, 262145, 2000000};
    unsigned char *bytes = calloc(1, MOST);
    struct prng prng = {7};

    (void)state;
    fill(bytes, MOST, NOISE, &prng);
    for (unsigned i = 0; i < 12; i++) {
        const struct gzip_options options = {.jobs = 1 + i / 4};
        char hex[SINK_HEX_SIZE], wanted[SINK_HEX_SIZE];
        struct failure why = {0};
        struct sha256_ctx hash;
        struct catch catch;
        struct gzip *gzip;
        size_t deflated_size, end = from[i % 4] + size[i % 4];
        unsigned char *deflated;

        catch_begin(&catch);
        EXPECT_OK(gzip_open(&gzip, &catch.sink, &options, &why), &why);
        EXPECT_OK(gzip_write(gzip, bytes, from[i % 4], &why), &why);
        for (size_t at = from[i % 4], part; at < end; at += part) {
            part = 1 + (size_t)prng_below(&prng, 300000);
            part = part < end - at ? part : end - at;
            EXPECT_OK(gzip_write_hashed(gzip, bytes + at, part, &why), &why);
        }
        EXPECT_OK(gzip_digest(gzip, hex, &why), &why);
        EXPECT_OK(gzip_write(gzip, bytes + end, MOST - end, &why), &why);
        EXPECT_OK(gzip_finish(gzip, &why), &why);
        gzip_free(gzip);
        deflated = catch_end(&catch, &deflated_size);
        sha256_init(&hash);
        sha256_update(&hash, size[i % 4], bytes + from[i % 4]);
        sink_hex(&hash, wanted);
        assert_string_equal(hex, wanted);
        check_inflates(deflated, deflated_size, bytes, MOST);
        free(deflated);
    }
    free(bytes);
}

static void header_tells_nothing(void **state)
{
    static const unsigned char magic[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};
    struct gzip_options options = {.jobs = 1};
    size_t size;
    unsigned char *deflated = deflate_all((const unsigned char *)"text", 4, &options, NULL, &size);

    (void)state;
    assert_true(size > 18);
    assert_memory_equal(deflated, magic, sizeof(magic));
    free(deflated);
}

/* The number of threads shows in the time it takes, nowhere else. */
static void threads_do_not_show(void **state)
{
    unsigned char *bytes = tables_make(&tables_recipes[1], MOST + 1000), *first = NULL;
    size_t first_size = 0;

    (void)state;
    memset(bytes + MOST / 2, 0, MOST / 4);
    for (unsigned jobs = 0; jobs < 6; jobs++) {
        struct gzip_options options = {.jobs = jobs};
        size_t size;
        unsigned char *deflated = deflate_all(bytes, MOST + 1000, &options, NULL, &size);

        if (!first) {
            first = deflated;
            first_size = size;
            continue;
        }
        assert_int_equal(size, first_size);
        assert_memory_equal(deflated, first, size);
        free(deflated);
    }
    check_inflates(first, first_size, bytes, MOST + 1000);
    free(first);
    free(bytes);
}

/* The disk is full in the middle: the failure comes to who writes, and all threads end. */
static void failure_comes_through(void **state)
{
    const struct rlimit small = {100000, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    struct gzip_options options = {.jobs = 3};
    unsigned char *bytes = tables_make(&tables_recipes[4], MOST);
    struct failure why = {0};
    struct catch catch;
    struct gzip *gzip;
    int failed = 0;

    (void)state;
    catch_begin(&catch);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    EXPECT_OK(gzip_open(&gzip, &catch.sink, &options, &why), &why);
    for (unsigned i = 0; i < 100 && !failed; i++)
        failed = gzip_write(gzip, bytes, MOST, &why);
    assert_int_equal(failed, -1);
    assert_int_equal(why.error, EFBIG);
    gzip_free(gzip);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    output_discard(catch.output);
    rmdir(catch.folder);
    free(bytes);
}

/* Without memory for more than a piece: holes of gigabytes come in pieces of a mapping. */
static void counts_without_an_output(void **state)
{
    unsigned char *bytes = calloc(1, MOST);
    struct failure why = {0};
    struct gzip_options options = {0};
    struct gzip *gzip;
    struct sink sink;

    (void)state;
    sink_init(&sink, NULL);
    EXPECT_OK(gzip_open(&gzip, &sink, &options, &why), &why);
    for (unsigned i = 0; i < 30; i++)
        EXPECT_OK(gzip_write(gzip, bytes, MOST, &why), &why);
    EXPECT_OK(gzip_finish(gzip, &why), &why);
    gzip_free(gzip);
    gzip_free(NULL);
    assert_true(sink.size > 18 && sink.size < MOST);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_what_it_is_told_to),
        cmocka_unit_test(inflates_to_what_went_in),
        cmocka_unit_test(content_of_another_kind_is_better_apart),
        cmocka_unit_test(header_tells_nothing),
        cmocka_unit_test(threads_do_not_show),
        cmocka_unit_test(failure_comes_through),
        cmocka_unit_test(counts_without_an_output),
    };

    return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
