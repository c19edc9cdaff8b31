/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/huffman.h"

#include <string.h>

#include "tests/mkimage/prng.h"
#include "tests/unit/unit.h"

#define SYMBOLS 286

/* A code that leaves no bits unused, unless there is but one symbol; no code begins another. */
static void check_code(const uint32_t *counts, const uint8_t *lengths, size_t symbols,
                       unsigned limit)
{
    uint16_t codes[HUFFMAN_MOST_SYMBOLS];
    uint32_t room = 0, used = 0;

    huffman_codes(lengths, symbols, codes);
    for (size_t i = 0; i < symbols; i++) {
        assert_int_equal(lengths[i] > 0, counts[i] > 0);
        assert_true(lengths[i] <= limit);
        room += lengths[i] ? UINT32_C(1) << (limit - lengths[i]) : 0;
        used += counts[i] > 0;
        for (size_t j = 0; j < i && lengths[i]; j++) {
            unsigned shorter = lengths[i] < lengths[j] ? lengths[i] : lengths[j];

            if (lengths[j])
                assert_true((codes[i] ^ codes[j]) & ((1u << shorter) - 1));
        }
    }
    assert_true(used < 2 || room == UINT32_C(1) << limit);
}

static uint64_t cost(const uint32_t *counts, const uint8_t *lengths, size_t symbols)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < symbols; i++)
        bits += (uint64_t)counts[i] * lengths[i];
    return bits;
}

static void known_code(void **state)
{
    static const uint32_t counts[] = {5, 0, 9, 12, 13, 16, 45};
    static const uint8_t expected[] = {4, 0, 4, 3, 3, 3, 1};
    uint8_t lengths[COUNT_OF(counts)];

    (void)state;
    huffman_lengths(counts, COUNT_OF(counts), 15, lengths);
    assert_memory_equal(lengths, expected, sizeof(expected));
    check_code(counts, lengths, COUNT_OF(counts), 15);
}

/* The example of RFC 1951, 3.2.2, turned round. */
static void canonical_codes(void **state)
{
    static const uint8_t lengths[] = {3, 3, 3, 3, 3, 2, 4, 4};
    static const uint16_t expected[] = {2, 6, 1, 5, 3, 0, 7, 15};
    uint16_t codes[COUNT_OF(lengths)];

    (void)state;
    huffman_codes(lengths, COUNT_OF(lengths), codes);
    assert_memory_equal(codes, expected, sizeof(expected));
}

static void few_symbols(void **state)
{
    uint32_t counts[4] = {0};
    uint8_t lengths[4];

    (void)state;
    huffman_lengths(counts, 4, 7, lengths);
    check_code(counts, lengths, 4, 7);
    counts[2] = 1000;
    huffman_lengths(counts, 4, 7, lengths);
    check_code(counts, lengths, 4, 7);
    assert_int_equal(lengths[2], 1);
    counts[0] = 1;
    huffman_lengths(counts, 4, 7, lengths);
    check_code(counts, lengths, 4, 7);
    assert_int_equal(lengths[0], 1);
}

/* A limit costs little where it cuts deep, and nothing where it does not cut. */
static void limits_hold(void **state)
{
    uint32_t counts[24];
    uint8_t free_lengths[24], lengths[24];

    (void)state;
    for (unsigned i = 0; i < 24; i++)
        counts[i] = i < 2 ? 1 : counts[i - 1] + counts[i - 2];
    huffman_lengths(counts, 13, 15, free_lengths);
    assert_int_equal(free_lengths[0], 12);
    huffman_lengths(counts, 13, 12, lengths);
    assert_int_equal(cost(counts, lengths, 13), cost(counts, free_lengths, 13));
    for (unsigned limit = 5; limit <= 15; limit++) {
        huffman_lengths(counts, 24, limit, lengths);
        check_code(counts, lengths, 24, limit);
    }
    assert_in_range(cost(counts, lengths, 24), 1, (uint64_t)(2.63 * 121392));
}

static void random_counts(void **state)
{
    struct prng prng = {11};

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        uint32_t counts[SYMBOLS];
        uint8_t lengths[SYMBOLS];
        unsigned steepness = (unsigned)prng_below(&prng, 18);

        for (size_t i = 0; i < SYMBOLS; i++)
            counts[i] = prng_one_in(&prng, 4)
                            ? 0
                            : (uint32_t)prng_next(&prng) >> (14 + prng_below(&prng, steepness + 1));
        huffman_lengths(counts, SYMBOLS, 15, lengths);
        check_code(counts, lengths, SYMBOLS, 15);
        huffman_lengths(counts, 19, 7, lengths);
        check_code(counts, lengths, 19, 7);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_code),    cmocka_unit_test(canonical_codes),
        cmocka_unit_test(few_symbols),   cmocka_unit_test(limits_hold),
        cmocka_unit_test(random_counts),
    };

    return cmocka_run_group_tests_name("huffman", tests, NULL, NULL);
}
