/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/gunzip.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bugreport/pack/gzip.h"
#include "tests/unit/catch.h"
#include "tests/unit/tables.h"

#define MOST      ((size_t)1200 * 1000)
#define BLOCK     ((size_t)256 * 1024)
#define MUTATIONS 3000

struct bytes {
    unsigned char *bytes;
    size_t size;
};

/* A file that is handed out in parts. */
struct input {
    struct bytes file;
    size_t at, part;
    size_t fails_at; /* 0: never */
};

static int read_input(void *context, const unsigned char **bytes, size_t *size, struct failure *why)
{
    struct input *input = context;
    size_t left = input->file.size - input->at;

    if (input->fails_at && input->at >= input->fails_at)
        return failure_set_errno(why, EIO, "cannot read");
    *bytes = input->file.bytes + input->at;
    *size = input->part < left ? input->part : left;
    input->at += *size;
    return *size > 0;
}

/* Inflates to what zlib says it should, or fails; room is for what comes out. */
static int inflate_all(struct input *input, unsigned jobs, struct bytes *out, struct failure *why)
{
    const unsigned char *bytes;
    struct gunzip *gunzip;
    size_t size;
    int more;

    out->size = 0;
    if (gunzip_open(&gunzip, read_input, input, jobs, why))
        return -1;
    while ((more = gunzip_next(gunzip, &bytes, &size, why)) > 0) {
        assert_true(size > 0 && size <= BLOCK && out->size + size <= 2 * MOST);
        memcpy(out->bytes + out->size, bytes, size);
        out->size += size;
    }
    gunzip_close(gunzip);
    return more;
}

static void check_inflates(struct bytes file, size_t part, unsigned jobs, struct bytes expected)
{
    struct input input = {.file = file, .part = part};
    struct bytes out = {.bytes = malloc(2 * MOST)};
    struct failure why = {0};

    EXPECT_OK(inflate_all(&input, jobs, &out, &why), &why);
    assert_int_equal(out.size, expected.size);
    assert_memory_equal(out.bytes, expected.bytes, out.size);
    free(out.bytes);
}

static struct bytes pack(struct bytes plain)
{
    struct gzip_options options = {.jobs = 1};
    struct failure why = {0};
    struct bytes file;
    struct catch catch;
    struct gzip *gzip;

    catch_begin(&catch);
    EXPECT_OK(gzip_open(&gzip, &catch.sink, &options, &why), &why);
    EXPECT_OK(gzip_write(gzip, plain.bytes, plain.size, &why), &why);
    EXPECT_OK(gzip_finish(gzip, &why), &why);
    gzip_free(gzip);
    file.bytes = catch_end(&catch, &file.size);
    return file;
}

/* By zlib alone, flushed every so often. */
static struct bytes pack_elsewhere(struct bytes plain, int level, size_t every, int flush)
{
    struct bytes file = {.bytes = malloc(2 * MOST)};
    z_stream stream = {0};

    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
    stream.next_in = plain.bytes;
    stream.next_out = file.bytes;
    stream.avail_out = 2 * MOST;
    for (size_t at = 0; at < plain.size; at += every) {
        stream.avail_in = (uInt)(plain.size - at < every ? plain.size - at : every);
        assert_int_equal(deflate(&stream, flush), Z_OK);
    }
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    file.size = stream.total_out;
    deflateEnd(&stream);
    return file;
}

/* Tables, with the joint's bytes in places, and noise in the middle. */
static struct bytes make_plain(const struct tables_recipe *recipe, size_t size)
{
    struct bytes plain = {tables_make(recipe, size), size};
    struct prng prng = {4};

    for (size_t i = size / 3; i < size / 2; i++)
        plain.bytes[i] = (unsigned char)prng_next(&prng);
    for (size_t at = 1000; at + 4 < size; at += 1 + prng_below(&prng, 60000))
        memcpy(plain.bytes + at, "\0\0\xff\xff", 4);
    return plain;
}

static void own_files_inflate(void **state)
{
    static const size_t sizes[] = {0, 1, 4096, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, MOST};
    static const size_t parts[] = {2 * MOST, 65536, 1001};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables_recipes); i++) {
        for (size_t j = 0; j < COUNT_OF(sizes); j++) {
            struct bytes plain = make_plain(&tables_recipes[i], sizes[j]), file = pack(plain);

            check_inflates(file, parts[j % COUNT_OF(parts)], (unsigned)(i % 4), plain);
            free(plain.bytes);
            free(file.bytes);
        }
    }
}

/* With joints that are none, with blocks that refer to what was before, and without any joint. */
static void files_from_elsewhere_inflate(void **state)
{
    static const struct {
        int level, flush;
        size_t every;
    } kinds[] = {{6, Z_NO_FLUSH, MOST},     {0, Z_NO_FLUSH, MOST},    {1, Z_SYNC_FLUSH, 100000},
                 {6, Z_SYNC_FLUSH, 300},    {9, Z_FULL_FLUSH, 50000}, {0, Z_SYNC_FLUSH, 5000},
                 {6, Z_FULL_FLUSH, 400000}, {1, Z_PARTIAL_FLUSH, 999}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct bytes plain = make_plain(&tables_recipes[i % 5], MOST);
        struct bytes file = pack_elsewhere(plain, kinds[i].level, kinds[i].every, kinds[i].flush);

        for (unsigned jobs = 1; jobs < 4; jobs++)
            check_inflates(file, 10000 * jobs + 1, jobs, plain);
        free(plain.bytes);
        free(file.bytes);
    }
}

/* What zlib makes of it: whether it is one whole member and nothing else. */
static bool is_good(struct bytes file, struct bytes *out)
{
    z_stream stream = {0};
    bool good;

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = file.bytes;
    stream.avail_in = (uInt)file.size;
    stream.next_out = out->bytes;
    stream.avail_out = 2 * MOST;
    good = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && !file.bytes[3];
    out->size = stream.total_out;
    inflateEnd(&stream);
    return good;
}

static void mutate(struct bytes *file, struct prng *prng)
{
    size_t at = (size_t)prng_below(prng, file->size);

    if (prng_one_in(prng, 2))
        at = file->size - 1 - (size_t)prng_below(prng, 40);
    if (prng_one_in(prng, 3))
        file->size = at;
    else if (prng_one_in(prng, 5))
        file->size += 1 + prng_below(prng, 20);
    else if (prng_one_in(prng, 5) && at + 4 < file->size)
        memcpy(file->bytes + at, "\0\0\xff\xff", 4);
    else
        file->bytes[at] ^= (unsigned char)(1u << prng_below(prng, 8));
}

/* Damaged in one place, a file inflates as zlib inflates it, or fails where that fails. */
static void damage_is_noticed(void **state)
{
    struct bytes plain = make_plain(&tables_recipes[1], 30000), file = pack(plain);
    struct bytes out = {.bytes = malloc(2 * MOST)}, expected = {.bytes = malloc(2 * MOST)};
    struct bytes copy = {.bytes = malloc(file.size + 64)};
    unsigned good = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= MUTATIONS; seed++) {
        struct prng prng = {seed};
        struct failure why = {0};
        struct input input = {.part = 1 + (size_t)prng_below(&prng, 20000)};

        memset(copy.bytes, 0, file.size + 64);
        memcpy(copy.bytes, file.bytes, file.size);
        copy.size = file.size;
        mutate(&copy, &prng);
        input.file = copy;
        if (is_good(copy, &expected)) {
            EXPECT_OK(inflate_all(&input, 1, &out, &why), &why);
            assert_int_equal(out.size, expected.size);
            assert_memory_equal(out.bytes, expected.bytes, out.size);
            good++;
        } else {
            EXPECT_FAILURE(inflate_all(&input, 1, &out, &why), &why, "gzip");
        }
    }
    assert_in_range(good, 1, MUTATIONS / 10);
    free(plain.bytes);
    free(file.bytes);
    free(out.bytes);
    free(expected.bytes);
    free(copy.bytes);
}

static void says_what_is_wrong(void **state)
{
    struct bytes plain = make_plain(&tables_recipes[0], MOST), file = pack(plain);
    struct bytes out = {.bytes = malloc(2 * MOST)};
    struct input input = {.file = file, .part = 30000};
    struct failure why = {0};

    (void)state;
    input.file.size--;
    EXPECT_FAILURE(inflate_all(&input, 2, &out, &why), &why, "end too early");
    input = (struct input){.file = file, .part = 30000, .fails_at = file.size / 2};
    EXPECT_FAILURE(inflate_all(&input, 2, &out, &why), &why, "cannot read");
    file.bytes[file.size - 1] ^= 1;
    input = (struct input){.file = file, .part = 30000};
    EXPECT_FAILURE(inflate_all(&input, 2, &out, &why), &why, "length");
    file.bytes[file.size - 5] ^= 1;
    input.at = 0;
    EXPECT_FAILURE(inflate_all(&input, 2, &out, &why), &why, "checksum");
    file.bytes[file.size / 2] ^= 255;
    input.at = 0;
    assert_int_equal(inflate_all(&input, 2, &out, &why), -1);
    failure_clear(&why);
    file.bytes[3] = 8;
    input.at = 0;
    EXPECT_FAILURE(inflate_all(&input, 2, &out, &why), &why, "header");
    input.file.size = 9;
    input.at = 0;
    EXPECT_FAILURE(inflate_all(&input, 2, &out, &why), &why, "header");
    free(plain.bytes);
    free(file.bytes);
    free(out.bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_files_inflate),
        cmocka_unit_test(files_from_elsewhere_inflate),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(says_what_is_wrong),
    };

    return cmocka_run_group_tests_name("gunzip", tests, NULL, NULL);
}
