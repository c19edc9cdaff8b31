/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/extents.h"

#include <string.h>

#include "tests/unit/unit.h"

#define SPACE 300

static void add(struct extents *extents, uint64_t offset, uint64_t size)
{
    struct failure why = {0};

    EXPECT_OK(extents_add(extents, offset, size, &why), &why);
}

/* The list, once sorted, is what an array of flags says. */
static void compare(const struct extents *extents, const bool *covered)
{
    uint64_t at = 0, total = 0;

    for (size_t i = 0; i < extents->count; i++) {
        const struct extent *extent = &extents->list[i];

        assert_true(extent->size > 0);
        assert_true(i == 0 || extent->offset > at);
        for (; at < extent->offset; at++)
            assert_false(covered[at]);
        for (; at < extent->offset + extent->size; at++)
            assert_true(covered[at]);
        total += extent->size;
    }
    for (; at < SPACE; at++)
        assert_false(covered[at]);
    assert_int_equal(extents_total(extents), total);
}

static void compare_finds(const struct extents *extents, const bool *covered)
{
    for (uint64_t offset = 0; offset <= SPACE; offset++) {
        size_t found = extents_find(extents, offset);
        uint64_t next = offset;

        while (next < SPACE && !covered[next])
            next++;
        if (next == SPACE) {
            assert_int_equal(found, extents->count);
            continue;
        }
        assert_true(found < extents->count);
        assert_true(extents->list[found].offset <= next);
        assert_true(extents->list[found].offset + extents->list[found].size > next);
    }
}

static void random_ranges_equal_an_array(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 1000; round++) {
        struct extents extents = {0};
        bool covered[SPACE] = {false};
        uint64_t ranges = prng_below(&prng, 60);

        for (uint64_t i = 0; i < ranges; i++) {
            uint64_t offset = prng_below(&prng, SPACE), size = prng_below(&prng, 9);

            size = size > SPACE - offset ? SPACE - offset : size;
            memset(covered + offset, true, size);
            add(&extents, offset, size);
        }
        extents_sort(&extents);
        compare(&extents, covered);
        compare_finds(&extents, covered);
        extents_sort(&extents);
        compare(&extents, covered);
        extents_free(&extents);
    }
}

static void rising_ranges_that_touch_are_one(void **state)
{
    struct extents extents = {0};

    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        add(&extents, i * 8, 8);
    assert_int_equal(extents.count, 1);
    add(&extents, 7999, 100);
    assert_int_equal(extents.count, 1);
    assert_int_equal(extents_total(&extents), 8099);
    add(&extents, 8100, 0);
    assert_int_equal(extents.count, 1);
    extents_free(&extents);
    assert_int_equal(extents.count, 0);
}

static void empty_lists(void **state)
{
    struct extents extents = {0};

    (void)state;
    extents_sort(&extents);
    assert_int_equal(extents_find(&extents, 0), 0);
    assert_int_equal(extents_total(&extents), 0);
    extents_free(&extents);
    extents_free(&extents);
}

static void ranges_at_the_end_of_the_address_space(void **state)
{
    const uint64_t top = UINT64_C(1) << 63;
    struct extents extents = {0};

    (void)state;
    add(&extents, UINT64_MAX - 8, 8);
    add(&extents, top, 8);
    add(&extents, top - 8, 8);
    extents_sort(&extents);
    assert_int_equal(extents.count, 2);
    assert_int_equal(extents.list[0].offset, top - 8);
    assert_int_equal(extents.list[0].size, 16);
    assert_int_equal(extents_find(&extents, top + 8), 1);
    extents_free(&extents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_ranges_equal_an_array),
        cmocka_unit_test(rising_ranges_that_touch_are_one),
        cmocka_unit_test(empty_lists),
        cmocka_unit_test(ranges_at_the_end_of_the_address_space),
    };

    return cmocka_run_group_tests_name("extents", tests, NULL, NULL);
}
