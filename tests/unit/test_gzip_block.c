/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/gzip_block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/unit/tables.h"

static struct gzip_block_encoder *make_encoder(bool plain)
{
    struct gzip_block_encoder *encoder = NULL;
    struct failure why = {0};

    EXPECT_OK(gzip_block_encoder_new(&encoder, plain, &why), &why);
    return encoder;
}

static size_t check_block(struct gzip_block_encoder *encoder, const unsigned char *bytes,
                          size_t size)
{
    static const unsigned char joint[] = {0, 0, 0xff, 0xff};
    unsigned char *deflated = malloc(GZIP_BLOCK_ROOM), *back = malloc(GZIP_BLOCK_SIZE + 1);
    size_t used = gzip_block_deflate(encoder, bytes, size, deflated);
    z_stream stream = {0};

    assert_true(used <= GZIP_BLOCK_ROOM);
    assert_memory_equal(deflated + used - sizeof(joint), joint, sizeof(joint));
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = deflated;
    stream.avail_in = (uInt)used;
    stream.next_out = back;
    stream.avail_out = (uInt)GZIP_BLOCK_SIZE + 1;
    assert_int_equal(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, size);
    assert_memory_equal(back, bytes, size);
    inflateEnd(&stream);
    free(deflated);
    free(back);
    return used;
}

/* Text whose lines are as long as words and much like those before: no table all the same. */
static unsigned char *make_text(void)
{
    unsigned char *bytes = malloc(GZIP_BLOCK_SIZE + 1);
    struct prng prng = {5};
    uint64_t number = 1000000;

    for (size_t at = 0; at < GZIP_BLOCK_SIZE; at += 8) {
        number += prng_below(&prng, 30);
        snprintf((char *)bytes + at, 9, "%07u\n", (unsigned)number);
    }
    return bytes;
}

/* All kinds of content in turn with one encoder, whose parts must forget what came before. */
static void every_content_comes_back(void **state)
{
    struct gzip_block_encoder *encoder = make_encoder(false), *plain = make_encoder(true);
    unsigned char *bytes = make_text(), *noise = malloc(GZIP_BLOCK_SIZE);
    struct prng prng = {9};

    (void)state;
    for (size_t i = 0; i < GZIP_BLOCK_SIZE; i++)
        noise[i] = (unsigned char)prng_next(&prng);
    for (size_t i = 0; i < COUNT_OF(tables_recipes); i++) {
        unsigned char *tables = tables_make(&tables_recipes[i], GZIP_BLOCK_SIZE);

        check_block(encoder, tables, GZIP_BLOCK_SIZE);
        check_block(encoder, bytes, GZIP_BLOCK_SIZE);
        check_block(encoder, noise, GZIP_BLOCK_SIZE);
        check_block(plain, tables, GZIP_BLOCK_SIZE);
        check_block(plain, noise, GZIP_BLOCK_SIZE - i);
        free(tables);
    }
    for (size_t size = 0; size < 200; size++) {
        check_block(encoder, bytes, size);
        check_block(plain, noise, size);
    }
    free(noise);
    free(bytes);
    gzip_block_encoder_free(encoder);
    gzip_block_encoder_free(plain);
}

static size_t size_by(const unsigned char *bytes, int level, int strategy)
{
    unsigned char *to = malloc(2 * GZIP_BLOCK_SIZE);
    z_stream stream = {0};
    size_t size;

    assert_int_equal(deflateInit2(&stream, level, Z_DEFLATED, -15, 9, strategy), Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (uInt)GZIP_BLOCK_SIZE;
    stream.next_out = to;
    stream.avail_out = 2 * (uInt)GZIP_BLOCK_SIZE;
    assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    size = stream.total_out;
    deflateEnd(&stream);
    free(to);
    return size;
}

/* Whichever means is chosen: hardly larger than by zlib's usual level, which is slow. */
static void the_means_suits_the_content(void **state)
{
    struct gzip_block_encoder *encoder = make_encoder(false);
    unsigned char *text = make_text();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables_recipes); i++) {
        unsigned char *tables = tables_make(&tables_recipes[i], GZIP_BLOCK_SIZE);
        size_t usual = size_by(tables, 6, Z_DEFAULT_STRATEGY);
        size_t used = check_block(encoder, tables, GZIP_BLOCK_SIZE);

        if (used * 100 > usual * 102 + 2000)
            fail_msg("%s: %zu bytes, zlib %zu", tables_recipes[i].layout, used, usual);
        free(tables);
    }
    assert_int_equal(check_block(encoder, text, GZIP_BLOCK_SIZE),
                     size_by(text, 6, Z_DEFAULT_STRATEGY));
    free(text);
    gzip_block_encoder_free(encoder);
}

/* Where little is allocated, in pieces, looking for runs only would be worse by a fifth or more. */
static void pieces_among_zeros_are_a_table(void **state)
{
    struct gzip_block_encoder *encoder = make_encoder(false);

    (void)state;
    for (uint64_t clump = 16; clump <= 256; clump *= 2) {
        struct tables_recipe recipe = {"seq", 3, clump};
        unsigned char *tables = tables_make(&recipe, GZIP_BLOCK_SIZE);
        size_t used = check_block(encoder, tables, GZIP_BLOCK_SIZE);

        assert_true(used * 6 < size_by(tables, 1, Z_RLE) * 5);
        free(tables);
    }
    gzip_block_encoder_free(encoder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_content_comes_back),
        cmocka_unit_test(the_means_suits_the_content),
        cmocka_unit_test(pieces_among_zeros_are_a_table),
    };

    return cmocka_run_group_tests_name("gzip_block", tests, NULL, NULL);
}
