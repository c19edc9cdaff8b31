/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/claims.h"

#include <string.h>
#include <sys/resource.h>

#include "tests/unit/unit.h"

#define LIMIT 100000u /* more than three blocks, not a multiple of a word */

/* Of the numbers, and one that makes a set without flat blocks. */
static const uint64_t limits[] = {LIMIT, CLAIMS_FLAT_LIMIT + 1};

/* The same set as a plain array. */
struct model {
    bool taken[LIMIT];
    uint64_t claimed;
};

static uint64_t model_take(struct model *model, uint64_t number, uint64_t count, bool *taken)
{
    uint64_t length = 0;

    *taken = model->taken[number];
    while (length < count && model->taken[number + length] == *taken)
        length++;
    for (uint64_t i = 0; i < length && !*taken; i++)
        model->taken[number + i] = true;
    model->claimed += *taken ? 0 : length;
    return length;
}

static uint64_t model_take_all(struct model *model, uint64_t number, uint64_t count)
{
    uint64_t before = model->claimed;

    for (uint64_t i = number; i < number + count; i++) {
        model->claimed += !model->taken[i];
        model->taken[i] = true;
    }
    return count - (model->claimed - before);
}

static bool model_next_free(const struct model *model, uint64_t from, uint64_t end, uint64_t *first,
                            uint64_t *count)
{
    while (from < end && model->taken[from])
        from++;
    *first = from;
    while (from < end && !model->taken[from])
        from++;
    *count = from - *first;
    return *count > 0;
}

static void random_range(struct prng *prng, uint64_t *number, uint64_t *count)
{
    static const uint64_t longest[] = {1, 3, 64, 200, 5000, 40000};
    uint64_t most = longest[prng_below(prng, COUNT_OF(longest))];

    *number = prng_below(prng, LIMIT);
    if (prng_one_in(prng, 4))
        *number &= ~UINT64_C(63);
    if (prng_one_in(prng, 8))
        *number = 32768 * prng_below(prng, 4);
    *count = 1 + prng_below(prng, most);
    if (*count > LIMIT - *number)
        *count = LIMIT - *number;
}

static void compare_free(const struct claims *claims, const struct model *model, struct prng *prng)
{
    uint64_t from = prng_below(prng, LIMIT + 1);
    uint64_t end = from + prng_below(prng, LIMIT - from + 1);
    uint64_t first, count, model_first, model_count;
    bool found = claims_next_free(claims, from, end, &first, &count);

    assert_int_equal(found, model_next_free(model, from, end, &model_first, &model_count));
    if (!found)
        return;
    assert_int_equal(first, model_first);
    assert_int_equal(count, model_count);
}

static void compare_step(struct claims *claims, struct model *model, struct prng *prng)
{
    struct failure why = {0};
    uint64_t number, count, taken = 7;
    bool is_taken, model_taken;

    random_range(prng, &number, &count);
    if (prng_one_in(prng, 2)) {
        EXPECT_OK(claims_take_all(claims, number, count, &taken, &why), &why);
        assert_int_equal(taken, 7 + model_take_all(model, number, count));
    } else {
        assert_int_equal(claims_take(claims, number, count, &is_taken, &why),
                         model_take(model, number, count, &model_taken));
        assert_int_equal(is_taken, model_taken);
    }
    assert_int_equal(claims->claimed, model->claimed);
    number = prng_below(prng, LIMIT);
    assert_int_equal(claims_holds(claims, number), model->taken[number]);
    compare_free(claims, model, prng);
}

static void random_operations_equal_an_array(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        struct model *model = test_calloc(1, sizeof(*model));
        struct claims claims;
        struct failure why = {0};

        EXPECT_OK(claims_init(&claims, limits[round % 2], &why), &why);
        for (unsigned step = 0; step < 40; step++)
            compare_step(&claims, model, &prng);
        for (uint64_t number = 0; number < LIMIT; number++)
            assert_int_equal(claims_holds(&claims, number), model->taken[number]);
        claims_free(&claims);
        test_free(model);
    }
}

static void every_small_range(void **state)
{
    struct failure why = {0};

    (void)state;
    for (uint64_t number = 0; number < 130; number++) {
        for (uint64_t count = 1; number + count <= 130; count += 1 + count / 9) {
            struct claims claims;
            uint64_t first = 9, length = 9;
            bool taken;

            EXPECT_OK(claims_init(&claims, 130, &why), &why);
            assert_int_equal(claims_take(&claims, number, count, &taken, &why), count);
            assert_false(taken);
            assert_int_equal(claims_take(&claims, number, count, &taken, &why), count);
            assert_true(taken);
            assert_int_equal(claims.claimed, count);
            assert_int_equal(claims_next_free(&claims, number, 130, &first, &length),
                             number + count < 130);
            if (number + count < 130)
                assert_int_equal(first, number + count);
            claims_free(&claims);
        }
    }
}

/* Blocks far apart in sets with room for up to 2^51 numbers. */
static void huge_limits_cost_little(void **state)
{
    const uint64_t huge[] = {CLAIMS_FLAT_LIMIT, UINT64_C(1) << 40, UINT64_C(1) << 51};
    struct failure why = {0};
    struct rusage before, after;

    (void)state;
    getrusage(RUSAGE_SELF, &before);
    for (size_t i = 0; i < COUNT_OF(huge); i++) {
        uint64_t limit = huge[i], first, count, taken = 0;
        struct claims claims;

        EXPECT_OK(claims_init(&claims, limit, &why), &why);
        EXPECT_OK(claims_take_all(&claims, limit - 70000, 70000, &taken, &why), &why);
        EXPECT_OK(claims_take_all(&claims, 0, 3, &taken, &why), &why);
        EXPECT_OK(claims_take_all(&claims, limit / 2 - 1, 2, &taken, &why), &why);
        assert_int_equal(taken, 0);
        assert_true(claims_holds(&claims, limit - 1));
        assert_false(claims_holds(&claims, limit - 70001));
        assert_true(claims_next_free(&claims, 0, limit, &first, &count));
        assert_int_equal(first, 3);
        assert_int_equal(count, limit / 2 - 4);
        assert_true(claims_next_free(&claims, first + count, limit, &first, &count));
        assert_int_equal(first, limit / 2 + 1);
        assert_int_equal(first + count, limit - 70000);
        assert_false(claims_next_free(&claims, first + count, limit, &first, &count));
        claims_free(&claims);
    }
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 8192 + (long)(CLAIMS_FLAT_LIMIT / 8 / 1024));
}

/* Members put in blindly, by two who are united later, are those of one set. */
static void blind_claims_and_merging(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 40; round++) {
        struct model *model = test_calloc(1, sizeof(*model));
        struct claims sets[2];
        struct failure why = {0};

        for (unsigned i = 0; i < 2; i++)
            EXPECT_OK(claims_init(&sets[i], limits[round / 4 % 2], &why), &why);
        for (unsigned step = 0; step < 30; step++) {
            struct claims *set = &sets[round % 4 ? prng_below(&prng, 2) : 1];
            uint64_t number, count;

            random_range(&prng, &number, &count);
            claims_prefetch(set, prng_next(&prng));
            claims_prefetch(set, number);
            if (count == 1)
                assert_true(claims_set(set, number));
            else
                assert_true(claims_set_range(set, number, count));
            model_take_all(model, number, count);
        }
        EXPECT_OK(claims_merge(&sets[0], &sets[1], &why), &why);
        assert_int_equal(claims_count(&sets[0]), model->claimed);
        assert_int_equal(sets[0].claimed, model->claimed);
        for (uint64_t number = 0; number < LIMIT; number++)
            assert_int_equal(claims_holds(&sets[0], number), model->taken[number]);
        compare_free(&sets[0], model, &prng);
        claims_free(&sets[0]);
        test_free(model);
    }
}

static void empty_sets(void **state)
{
    struct failure why = {0};
    struct claims claims;
    uint64_t first, count, taken = 0;

    (void)state;
    EXPECT_OK(claims_init(&claims, 0, &why), &why);
    assert_false(claims_next_free(&claims, 0, 0, &first, &count));
    EXPECT_OK(claims_take_all(&claims, 0, 0, &taken, &why), &why);
    claims_free(&claims);
    claims_free(&claims);
    EXPECT_OK(claims_init(&claims, 5, &why), &why);
    assert_true(claims_next_free(&claims, 0, 5, &first, &count));
    assert_int_equal(first, 0);
    assert_int_equal(count, 5);
    claims_free(&claims);
}

/* More than the address space holds: a failure, not a crash. */
static void impossible_limit_is_refused(void **state)
{
    struct failure why = {0};
    struct claims claims;

    (void)state;
    EXPECT_FAILURE(claims_init(&claims, UINT64_MAX, &why), &why, "clusters");
    claims_free(&claims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_equal_an_array),
        cmocka_unit_test(every_small_range),
        cmocka_unit_test(blind_claims_and_merging),
        cmocka_unit_test(huge_limits_cost_little),
        cmocka_unit_test(empty_sets),
        cmocka_unit_test(impossible_limit_is_refused),
    };

    return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
