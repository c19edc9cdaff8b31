/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/table_deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "tests/unit/tables.h"

#define MOST          TABLE_DEFLATE_MOST
#define RANDOM_INPUTS 4000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out of zlib; the return value is the size deflated. */
static size_t check_round_trip(struct table_deflate *encoder, const unsigned char *bytes,
                               size_t size)
{
    unsigned char *deflated = malloc(TABLE_DEFLATE_ROOM(size)), *back = malloc(size + 1);
    size_t used = table_deflate(encoder, bytes, size, deflated);
    z_stream stream = {0};

    assert_true(used <= size + (size + 65534) / 65535 * 5 + 5);
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    stream.next_in = deflated;
    stream.avail_in = (uInt)used;
    stream.next_out = back;
    stream.avail_out = (uInt)size + 1;
    assert_int_equal(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, size);
    assert_memory_equal(back, bytes, size);
    inflateEnd(&stream);
    free(deflated);
    free(back);
    return used;
}

/* Each layout, in bits for a word; what a change of the encoder must not make worse. */
static void layouts_come_back(void **state)
{
    static const double most_bits[COUNT_OF(tables_recipes)] = {12.2, 19.8, 12.6, 12.8,
                                                               29.7, 0.7,  0.7};
    struct table_deflate *encoder = table_deflate_new();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(tables_recipes); i++) {
        unsigned char *bytes = tables_make(&tables_recipes[i], 8 * MOST);
        size_t total = 0;

        for (size_t at = 0; at < 8 * MOST; at += MOST)
            total += check_round_trip(encoder, bytes + at, MOST);
        if ((double)total * 8 > most_bits[i] * (double)MOST)
            fail_msg("%s: %.2f bits a word", tables_recipes[i].layout, (double)total / MOST * 8);
        free(bytes);
    }
    table_deflate_free(encoder);
}

static void noise_is_stored(void **state)
{
    struct table_deflate *encoder = table_deflate_new();
    unsigned char *bytes = malloc(MOST);
    struct prng prng = {3};

    (void)state;
    for (size_t i = 0; i < MOST; i++)
        bytes[i] = (unsigned char)prng_next(&prng);
    assert_int_equal(check_round_trip(encoder, bytes, MOST), MOST + 5 * 5 + 5);
    assert_int_equal(check_round_trip(encoder, bytes, 65535), 65535 + 5 + 5);
    assert_int_equal(check_round_trip(encoder, bytes, 65536), 65536 + 10 + 5);
    free(bytes);
    table_deflate_free(encoder);
}

/* Every size around the ends of words, lines and blocks; nothing of one call is left in the next.
 */
static void odd_sizes_come_back(void **state)
{
    static const size_t bases[] = {128, 4096, 65535, MOST - 70};
    struct table_deflate *encoder = table_deflate_new();
    unsigned char *bytes = tables_make(&tables_recipes[1], MOST);

    (void)state;
    assert_int_equal(check_round_trip(encoder, bytes, 0), 5);
    for (size_t size = 1; size < 300; size++)
        check_round_trip(encoder, bytes + 8 * size, size);
    for (size_t i = 0; i < COUNT_OF(bases); i++) {
        for (size_t size = bases[i]; size <= bases[i] + 70; size++)
            check_round_trip(encoder, bytes, size);
    }
    free(bytes);
    table_deflate_free(encoder);
}

/* Matches of all lengths, 258 and what must be cut included, between literals. */
static void all_match_lengths_come_back(void **state)
{
    struct table_deflate *encoder = table_deflate_new();
    unsigned char bytes[2048];

    (void)state;
    for (size_t length = 1; length < 1100; length++) {
        memset(bytes, 'x', sizeof(bytes));
        memset(bytes, 'a', 8);
        memcpy(bytes + 8 + length, "12345678", 8);
        memset(bytes + 8, 'a', length);
        check_round_trip(encoder, bytes, 8 + length);
        check_round_trip(encoder, bytes, 16 + length);
        check_round_trip(encoder, bytes, sizeof(bytes));
    }
    table_deflate_free(encoder);
}

/* The same at twice the distance, with what is left of near matches of all lengths behind. */
static void far_matches_come_back(void **state)
{
    struct table_deflate *encoder = table_deflate_new();
    unsigned char bytes[1024];

    (void)state;
    for (size_t length = 1; length < 600; length++) {
        size_t left = length % 23;

        for (size_t i = 0; i < 16; i++)
            bytes[i] = (unsigned char)('a' + i);
        for (size_t i = 16; i < 16 + length; i++)
            bytes[i] = bytes[i - 16];
        for (size_t i = 16 + length; i < 16 + length + left; i++)
            bytes[i] = bytes[i - 8];
        memset(bytes + 16 + length + left, 'x', 16);
        for (size_t more = 0; more < 16; more += 5)
            check_round_trip(encoder, bytes, 16 + length + left + more);
    }
    table_deflate_free(encoder);
}

/* Counts that grow like Fibonacci's numbers want codes longer than the 15 bits there are. */
static void steep_counts_come_back(void **state)
{
    struct table_deflate *encoder = table_deflate_new();
    unsigned char *bytes = calloc(1, MOST);
    size_t at = 0, count = 1, before = 1;

    (void)state;
    for (unsigned symbol = 0; at < MOST; symbol++) {
        for (size_t i = 0; i < count && at < MOST; i++, at++)
            bytes[at] = (unsigned char)(at % 16 < 8 ? symbol : 128 + symbol);
        count += before;
        before = count - before;
    }
    check_round_trip(encoder, bytes, MOST);
    free(bytes);
    table_deflate_free(encoder);
}

/* The fuzz target, on input that is a bit like tables. */
static void random_inputs_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_INPUTS; seed++) {
        struct prng prng = {seed};
        uint8_t input[600];
        size_t size = prng_below(&prng, sizeof(input));
        uint64_t one_in = 1 + prng_below(&prng, 12), far_in = 1 + prng_below(&prng, 6);

        for (size_t i = 0; i < size; i++) {
            size_t distance = prng_one_in(&prng, far_in) ? 16 : 8;
            bool is_new = i < distance || prng_one_in(&prng, one_in);

            input[i] = is_new ? (uint8_t)prng_next(&prng) : input[i - distance];
        }
        LLVMFuzzerTestOneInput(input, size);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_come_back),       cmocka_unit_test(noise_is_stored),
        cmocka_unit_test(odd_sizes_come_back),     cmocka_unit_test(all_match_lengths_come_back),
        cmocka_unit_test(far_matches_come_back),   cmocka_unit_test(steep_counts_come_back),
        cmocka_unit_test(random_inputs_come_back),
    };

    return cmocka_run_group_tests_name("table_deflate", tests, NULL, NULL);
}
