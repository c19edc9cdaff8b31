/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "bugreport/pack/gzip.h"
#include "tests/unit/catch.h"
#include "tests/unit/memory_file.h"
#include "tests/unit/tables.h"

#define SIZE    ((size_t)1500 * 1000)
#define BEFORE  100 /* bytes of something else in front of the gzip file */
#define READS   300
#define THREADS 3

struct file {
    unsigned char *plain, *bytes;
    size_t size; /* of bytes */
    struct gunzip_index index;
};

static void pack(struct file *file)
{
    struct gzip_options options = {.jobs = 1};
    struct failure why = {0};
    struct catch catch;
    struct gzip *gzip;

    file->plain = tables_make(&tables_recipes[1], SIZE);
    catch_begin(&catch);
    EXPECT_OK(gzip_open(&gzip, &catch.sink, &options, &why), &why);
    EXPECT_OK(gzip_write(gzip, file->plain, SIZE, &why), &why);
    EXPECT_OK(gzip_finish(gzip, &why), &why);
    gzip_free(gzip);
    file->bytes = catch_end(&catch, &file->size);
}

struct input {
    const unsigned char *bytes;
    size_t size;
};

static int read_input(void *context, const unsigned char **bytes, size_t *size, struct failure *why)
{
    struct input *input = context;

    (void)why;
    *bytes = input->bytes;
    *size = input->size;
    input->size = 0;
    return *size > 0;
}

/* Inflates all of it for the first time. */
static bool make_index(const unsigned char *bytes, size_t size, struct gunzip_index *index)
{
    struct input input = {bytes, size};
    struct failure why = {0};
    const unsigned char *part;
    struct gunzip *gunzip;
    size_t part_size;
    bool taken;

    EXPECT_OK(gunzip_open(&gunzip, read_input, &input, 2, &why), &why);
    assert_false(gunzip_take_index(gunzip, index));
    while (gunzip_next(gunzip, &part, &part_size, &why) > 0)
        continue;
    assert_string_equal(why.text, "");
    taken = gunzip_take_index(gunzip, index);
    gunzip_close(gunzip);
    return taken;
}

static struct replay *begin(struct file *file, int *fd, unsigned hands)
{
    struct failure why = {0};
    struct replay *replay;
    unsigned char *whole;

    pack(file);
    whole = malloc(BEFORE + file->size);
    assert_true(make_index(file->bytes, file->size, &file->index));
    assert_int_equal(file->index.plain_size, SIZE);
    memset(whole, 'x', BEFORE);
    memcpy(whole + BEFORE, file->bytes, file->size);
    *fd = memory_file(whole, BEFORE + file->size);
    EXPECT_OK(replay_open(&replay, *fd, BEFORE, &file->index, hands, &why), &why);
    free(whole);
    return replay;
}

static void end(struct file *file, int fd, struct replay *replay)
{
    replay_close(replay);
    close(fd);
    free(file->plain);
    free(file->bytes);
}

static bool reads_right(struct replay *replay, const unsigned char *plain, uint64_t seed)
{
    unsigned char *room = malloc(700000);
    struct prng prng = {seed};
    struct failure why = {0};
    bool right = true;

    for (int i = 0; i < READS && right; i++) {
        size_t size = (size_t)prng_below(&prng, prng_one_in(&prng, 4) ? 700000 : 5000);
        size_t offset = (size_t)prng_below(&prng, SIZE - size + 1);

        right =
            !replay_read(replay, offset, room, size, &why) && !memcmp(room, plain + offset, size);
    }
    free(room);
    return right;
}

static void any_range_comes_back(void **state)
{
    (void)state;
    for (unsigned hands = 1; hands < 4; hands++) {
        struct file file;
        int fd;
        struct replay *replay = begin(&file, &fd, hands);
        unsigned char byte;
        struct failure why = {0};

        assert_true(reads_right(replay, file.plain, hands));
        EXPECT_OK(replay_read(replay, SIZE - 1, &byte, 1, &why), &why);
        assert_int_equal(byte, file.plain[SIZE - 1]);
        EXPECT_OK(replay_read(replay, SIZE, &byte, 0, &why), &why);
        EXPECT_FAILURE(replay_read(replay, SIZE, &byte, 1, &why), &why, "less");
        end(&file, fd, replay);
    }
}

struct reading {
    struct replay *replay;
    const unsigned char *plain;
    uint64_t seed;
    bool right;
};

static void *read_in_thread(void *argument)
{
    struct reading *reading = argument;

    reading->right = reads_right(reading->replay, reading->plain, reading->seed);
    return NULL;
}

/* More threads than hands. */
static void threads_share_hands(void **state)
{
    struct reading readings[THREADS];
    pthread_t threads[THREADS];
    struct file file;
    int fd;
    struct replay *replay = begin(&file, &fd, THREADS - 1);

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        readings[i] = (struct reading){replay, file.plain, 100 + i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, read_in_thread, &readings[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(readings[i].right);
    }
    end(&file, fd, replay);
}

static void changes_are_noticed(void **state)
{
    struct file file;
    int fd;
    struct replay *replay = begin(&file, &fd, 2);
    struct failure why = {0};
    unsigned char byte;

    (void)state;
    EXPECT_OK(replay_read(replay, 0, &byte, 1, &why), &why);
    assert_int_equal(pwrite(fd, "other", 5, BEFORE + (off_t)file.size / 2), 5);
    for (size_t at = 0; at < SIZE; at += 100000) {
        if (replay_read(replay, at, &byte, 1, &why))
            break;
    }
    EXPECT_FAILURE(-1, &why, "changed");
    assert_int_equal(ftruncate(fd, BEFORE + 2000), 0);
    EXPECT_FAILURE(replay_read(replay, SIZE - 1, &byte, 1, &why), &why, "shorter");
    end(&file, fd, replay);
}

/* Deflates SIZE bytes by zlib alone, and ends a piece after each part of them. */
static size_t pack_by_zlib(const unsigned char *plain, size_t part, int flush, unsigned char *bytes)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)plain, .next_out = bytes};

    stream.avail_out = SIZE;
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
    for (size_t at = 0; at < SIZE; at += part) {
        stream.avail_in = (uInt)(SIZE - at < part ? SIZE - at : part);
        assert_int_equal(deflate(&stream, flush), Z_OK);
    }
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return stream.total_out;
}

/* There are no pieces, they depend on one another, or they are so small that they are many. */
static void other_files_have_no_index(void **state)
{
    static const struct {
        size_t part;
        int flush;
    } cases[] = {{SIZE, Z_NO_FLUSH}, {100000, Z_SYNC_FLUSH}, {50000, Z_FULL_FLUSH}};
    unsigned char *plain = tables_make(&tables_recipes[0], SIZE), *bytes = malloc(SIZE);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t size = pack_by_zlib(plain, cases[i].part, cases[i].flush, bytes);
        struct gunzip_index index;

        assert_false(make_index(bytes, size, &index));
    }
    free(plain);
    free(bytes);
}

/* A few pieces that hold less than a block, in the middle and at the end. */
static void pieces_of_any_size_come_back(void **state)
{
    struct file file = {.plain = tables_make(&tables_recipes[0], SIZE), .bytes = malloc(SIZE)};
    struct failure why = {0};
    struct replay *replay;
    int fd;

    (void)state;
    file.size = pack_by_zlib(file.plain, 130001, Z_FULL_FLUSH, file.bytes);
    assert_true(make_index(file.bytes, file.size, &file.index));
    assert_int_equal(file.index.count, SIZE / 130001 + 1);
    fd = memory_file(file.bytes, file.size);
    EXPECT_OK(replay_open(&replay, fd, 0, &file.index, 2, &why), &why);
    assert_true(reads_right(replay, file.plain, 7));
    end(&file, fd, replay);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_range_comes_back),         cmocka_unit_test(threads_share_hands),
        cmocka_unit_test(changes_are_noticed),          cmocka_unit_test(other_files_have_no_index),
        cmocka_unit_test(pieces_of_any_size_come_back),
    };

    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
