/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/checked.h"

#include "tests/unit/unit.h"

/* Numbers at which 32 or 64 bits end. */
static const uint64_t corners[] = {
    0,
    1,
    2,
    511,
    512,
    4096,
    UINT32_MAX,
    UINT64_C(1) << 32,
    (UINT64_C(1) << 32) + 1,
    (UINT64_C(1) << 63) - 1,
    UINT64_C(1) << 63,
    (UINT64_C(1) << 63) + 1,
    UINT64_MAX - 4096,
    UINT64_MAX - 4095,
    UINT64_MAX - 1,
    UINT64_MAX,
};

#define CORNERS COUNT_OF(corners)

static void check_pair(uint64_t a, uint64_t b)
{
    unsigned __int128 sum = (unsigned __int128)a + b, product = (unsigned __int128)a * b;
    uint64_t result;

    assert_int_equal(checked_add(a, b, &result), sum <= UINT64_MAX);
    if (sum <= UINT64_MAX)
        assert_int_equal(result, (uint64_t)sum);
    assert_int_equal(checked_multiply(a, b, &result), product <= UINT64_MAX);
    if (product <= UINT64_MAX)
        assert_int_equal(result, (uint64_t)product);
}

static void sums_and_products(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (size_t i = 0; i < CORNERS * CORNERS; i++)
        check_pair(corners[i % CORNERS], corners[i / CORNERS]);
    for (unsigned round = 0; round < 10000; round++)
        check_pair(prng_next(&prng) >> prng_below(&prng, 64),
                   prng_next(&prng) >> prng_below(&prng, 64));
}

static void rounding_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORNERS; i++) {
        for (unsigned power = 0; power < 64; power++) {
            uint64_t unit = UINT64_C(1) << power, result;
            unsigned __int128 exact = ((unsigned __int128)corners[i] + unit - 1) / unit * unit;

            assert_int_equal(checked_round_up(corners[i], unit, &result), exact <= UINT64_MAX);
            if (exact <= UINT64_MAX)
                assert_int_equal(result, (uint64_t)exact);
        }
    }
}

static void ranges_inside_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < CORNERS * CORNERS * CORNERS; i++) {
        uint64_t offset = corners[i % CORNERS], size = corners[i / CORNERS % CORNERS];
        uint64_t limit = corners[i / CORNERS / CORNERS];

        assert_int_equal(range_inside(offset, size, limit),
                         (unsigned __int128)offset + size <= limit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products),
        cmocka_unit_test(rounding_up),
        cmocka_unit_test(ranges_inside_limits),
    };

    return cmocka_run_group_tests_name("checked", tests, NULL, NULL);
}
