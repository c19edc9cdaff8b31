/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/unit/tables.h"

static struct block_encoder *make_encoder(bool plain)
{
    struct block_encoder *encoder = NULL;
    struct failure why = {0};

    EXPECT_OK(block_encoder_new(&encoder, plain, &why), &why);
    return encoder;
}

static size_t check_block(struct block_encoder *encoder, const unsigned char *bytes, size_t size)
{
    static const unsigned char joint[] = {0, 0, 0xff, 0xff};
    unsigned char *deflated = malloc(BLOCK_ROOM), *back = malloc(BLOCK_SIZE + 1);
    size_t used = block_deflate(encoder, bytes, size, deflated);
    z_stream stream = {0};

    assert_true(used <= BLOCK_ROOM);
    assert_memory_equal(deflated + used - sizeof(joint), joint, sizeof(joint));
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = deflated;
    stream.avail_in = (uInt)used;
    stream.next_out = back;
    stream.avail_out = (uInt)BLOCK_SIZE + 1;
    assert_int_equal(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, size);
    assert_memory_equal(back, bytes, size);
    inflateEnd(&stream);
    free(deflated);
    free(back);
    return used;
}

static unsigned char *make_text(void)
{
    unsigned char *bytes = malloc(BLOCK_SIZE);
    struct prng prng = {5};
    size_t at = 0;

    while (at + 40 < BLOCK_SIZE)
        at += (size_t)sprintf((char *)bytes + at, "{\"offset\": %u, \"action\": \"kept\"},\n",
                              (unsigned)prng_below(&prng, 1000000));
    memset(bytes + at, ' ', BLOCK_SIZE - at);
    return bytes;
}

/* All kinds of content in turn with one encoder, whose parts must forget what came before. */
static void every_content_comes_back(void **state)
{
    struct block_encoder *encoder = make_encoder(false), *plain = make_encoder(true);
    unsigned char *bytes = make_text(), *noise = malloc(BLOCK_SIZE);
    struct prng prng = {9};

    (void)state;
    for (size_t i = 0; i < BLOCK_SIZE; i++)
        noise[i] = (unsigned char)prng_next(&prng);
    for (size_t i = 0; i < COUNT_OF(tables_recipes); i++) {
        unsigned char *tables = tables_make(&tables_recipes[i], BLOCK_SIZE);

        check_block(encoder, tables, BLOCK_SIZE);
        check_block(encoder, bytes, BLOCK_SIZE);
        check_block(encoder, noise, BLOCK_SIZE);
        check_block(plain, tables, BLOCK_SIZE);
        check_block(plain, noise, BLOCK_SIZE - i);
        free(tables);
    }
    for (size_t size = 0; size < 200; size++) {
        check_block(encoder, bytes, size);
        check_block(plain, noise, size);
    }
    free(noise);
    free(bytes);
    block_encoder_free(encoder);
    block_encoder_free(plain);
}

static size_t size_by(const unsigned char *bytes, int level, int strategy)
{
    unsigned char *to = malloc(2 * BLOCK_SIZE);
    z_stream stream = {0};
    size_t size;

    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, -15, 9, strategy), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (uInt)BLOCK_SIZE;
    stream.next_out = to;
    stream.avail_out = 2 * (uInt)BLOCK_SIZE;
    assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    size = stream.total_out;
    deflateEnd(&stream);
    free(to);
    return size;
}

/* Whichever means is chosen: hardly larger than by zlib's usual level, which is slow. */
static void the_means_suits_the_content(void **state)
{
    struct block_encoder *encoder = make_encoder(false);
    unsigned char *text = make_text();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables_recipes); i++) {
        unsigned char *tables = tables_make(&tables_recipes[i], BLOCK_SIZE);
        size_t usual = size_by(tables, 6, Z_DEFAULT_STRATEGY);
        size_t used = check_block(encoder, tables, BLOCK_SIZE);

        if (used * 100 > usual * 102 + 2000)
            fail_msg("%s: %zu bytes, zlib %zu", tables_recipes[i].layout, used, usual);
        free(tables);
    }
    assert_int_equal(check_block(encoder, text, BLOCK_SIZE), size_by(text, 6, Z_DEFAULT_STRATEGY));
    free(text);
    block_encoder_free(encoder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_content_comes_back),
        cmocka_unit_test(the_means_suits_the_content),
    };

    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
