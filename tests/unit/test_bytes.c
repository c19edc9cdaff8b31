/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"

#include "tests/unit/unit.h"

static void loads_are_little_endian(void **state)
{
    const unsigned char bytes[] = {0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8};

    (void)state;
    assert_int_equal(bytes_load32(bytes), 0xb4a39281);
    assert_int_equal(bytes_load64(bytes), UINT64_C(0xf8e7d6c5b4a39281));
}

static void stores_at_any_alignment_touch_nothing_else(void **state)
{
    const unsigned char expected[] = {8, 7, 6, 5, 4, 3, 2, 1};

    (void)state;
    for (size_t at = 1; at <= 16; at++) {
        unsigned char bytes[32], untouched[32];

        memset(bytes, 0xee, sizeof(bytes));
        memset(untouched, 0xee, sizeof(untouched));
        bytes_store64(bytes + at, UINT64_C(0x0102030405060708));
        assert_int_equal(bytes_load64(bytes + at), UINT64_C(0x0102030405060708));
        assert_memory_equal(bytes + at, expected, 8);
        memset(bytes + at, 0xee, 8);
        assert_memory_equal(bytes, untouched, sizeof(bytes));
        bytes_store32(bytes + at, 0x05060708);
        assert_int_equal(bytes_load32(bytes + at), 0x05060708);
        assert_memory_equal(bytes + at, expected, 4);
        memset(bytes + at, 0xee, 4);
        assert_memory_equal(bytes, untouched, sizeof(bytes));
    }
}

static void every_bit_comes_back(void **state)
{
    unsigned char bytes[8];

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        bytes_store64(bytes, UINT64_C(1) << bit);
        assert_int_equal(bytes_load64(bytes), UINT64_C(1) << bit);
        assert_int_equal(bytes[bit / 8], 1 << bit % 8);
        if (bit >= 32)
            continue;
        bytes_store32(bytes, UINT32_C(1) << bit);
        assert_int_equal(bytes_load32(bytes), UINT32_C(1) << bit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_are_little_endian),
        cmocka_unit_test(stores_at_any_alignment_touch_nothing_else),
        cmocka_unit_test(every_bit_comes_back),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
