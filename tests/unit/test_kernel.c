/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/kernel.h"

#include <string.h>

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

/*
 * The kernel against a plain loop that looks at one element after the other, on tables of every
 * mixture, fed in pieces of every size, by all instructions of the machine and without them.
 */
#define NELEMS   2048u
#define CLUSTERS 5000u

/* What a loop over a table's elements says of it. */
struct twin {
    uint64_t valid, invalid, zero, fragmented;
    uint64_t lengths[NELEMS + 1]; /* runs by their length, but for those at the ends */
    uint64_t head, tail;
    unsigned char claimed[CLUSTERS];
};

struct kernel_test {
    struct geometry geometry;
    struct prng prng;
    uint64_t words[NELEMS];
    unsigned char bytes[NELEMS * QED_ELEMENT_SIZE];
};

static void end_run(struct twin *twin, uint64_t *run, uint64_t index)
{
    if (*run == index)
        twin->head = *run;
    else
        twin->lengths[*run]++;
    *run = 0;
}

static void twin_scan(struct twin *twin, const struct kernel_test *test)
{
    uint64_t run = 0, last = 0, step = test->geometry.cluster_size;
    bool has_last = false, after_valid = false;

    *twin = (struct twin){0};
    for (uint64_t i = 0; i < NELEMS; i++) {
        uint64_t word = test->words[i];
        enum element_class class = table_classify(&test->geometry, TABLE_L2, word, NULL);
        bool follows = has_last && last + step == word;

        if (class == ELEMENT_VALID || class == ELEMENT_INVALID) {
            twin->fragmented += has_last && !follows;
            has_last = true;
            last = word;
        }
        if (run && !(class == ELEMENT_VALID && after_valid && follows))
            end_run(twin, &run, i);
        after_valid = class == ELEMENT_VALID;
        if (class == ELEMENT_VALID) {
            run++;
            twin->claimed[word / step] = 1;
        }
        twin->valid += class == ELEMENT_VALID;
        twin->invalid += class == ELEMENT_INVALID;
        twin->zero += class == ELEMENT_ZERO;
    }
    twin->tail = run;
    if (run == NELEMS)
        twin->head = run;
}

static uint64_t random_word(struct kernel_test *test)
{
    uint64_t cluster = prng_below(&test->prng, CLUSTERS);

    switch (prng_below(&test->prng, 24)) {
    case 0:
        return prng_next(&test->prng);
    case 1:
        return tiny_offset(cluster) + 1 + prng_below(&test->prng, TINY_CLUSTER - 1);
    case 2:
        return 0 - tiny_offset(prng_below(&test->prng, 4));
    case 3:
        return tiny_offset(CLUSTERS + prng_below(&test->prng, 2));
    case 4:
        return tiny_offset(prng_below(&test->prng, 4));
    case 5:
        return UINT64_C(1) << 63 | tiny_offset(cluster);
    default:
        return tiny_offset(cluster);
    }
}

/* What a table is made of. */
struct mixture {
    uint64_t longest;           /* stretch that rises, or of one value */
    unsigned zeros, ones, wild; /* stretches of them, in a hundred */
};

static void fill(struct kernel_test *test, const struct mixture *mixture)
{
    uint64_t value = 0, step = 0, left = 0;

    for (uint64_t i = 0; i < NELEMS; i++) {
        if (left-- == 0) {
            uint64_t draw = prng_below(&test->prng, 100);

            left = prng_below(&test->prng, mixture->longest);
            step = TINY_CLUSTER;
            if (draw < mixture->zeros + mixture->ones) {
                value = draw >= mixture->zeros;
                step = 0;
            } else if (draw < mixture->zeros + mixture->ones + mixture->wild) {
                value = random_word(test);
            } else {
                value = tiny_offset(2 + prng_below(&test->prng, CLUSTERS - 2));
            }
        }
        test->words[i] = value;
        bytes_store64(test->bytes + i * QED_ELEMENT_SIZE, value);
        value += step;
    }
}

/* Feeds a table in pieces; whole pieces of zeros are skipped at times. */
static void feed(struct kernel_test *test, struct kernel *kernel, uint64_t most)
{
    for (uint64_t at = 0, count; at < NELEMS; at += count) {
        bool empty = true;

        count = 1 + prng_below(&test->prng, most);
        if (count > NELEMS - at)
            count = NELEMS - at;
        for (uint64_t i = at; i < at + count; i++)
            empty &= test->words[i] == 0;
        if (empty && prng_one_in(&test->prng, 2))
            kernel_skip(kernel);
        else
            kernel_scan(kernel, test->bytes + at * QED_ELEMENT_SIZE, count,
                        (size_t)prng_below(&test->prng, NELEMS - at - count + 1));
    }
}

static void compare_claims(const struct twin *twin, struct claims *claims)
{
    uint64_t sum = 0;

    for (uint64_t cluster = 0; cluster < CLUSTERS; cluster++) {
        assert_int_equal(claims_holds(claims, cluster), twin->claimed[cluster]);
        sum += twin->claimed[cluster];
    }
    assert_int_equal(claims_count(claims), sum);
}

static void compare_table(struct kernel_test *test, bool plain)
{
    struct twin *twin = test_malloc(sizeof(*twin));
    struct kernel *kernel = test_malloc(sizeof(*kernel));
    struct claims claims;
    struct kernel_ends ends;
    struct failure why = {0};

    EXPECT_OK(
        claims_init(&claims, prng_one_in(&test->prng, 2) ? CLUSTERS : CLAIMS_FLAT_LIMIT + 1, &why),
        &why);
    twin_scan(twin, test);
    kernel_init(kernel, &test->geometry, &claims, plain);
    kernel->prefetch = prng_one_in(&test->prng, 2);
    kernel_begin(kernel);
    feed(test, kernel, prng_one_in(&test->prng, 2) ? NELEMS : 40);
    kernel_end(kernel, &ends);

    assert_int_equal(kernel->usage.valid_elements, twin->valid);
    assert_int_equal(kernel->usage.invalid_elements, twin->invalid);
    assert_int_equal(kernel->usage.zero_clusters, twin->zero);
    assert_int_equal(kernel->usage.fragmented_clusters, twin->fragmented);
    for (uint64_t length = 1; length < USAGE_EXACT; length++)
        assert_int_equal(kernel->usage.run_lengths[length], twin->lengths[length]);
    assert_int_equal(ends.head, twin->head);
    assert_int_equal(ends.tail, twin->tail);
    if (ends.head)
        assert_int_equal(ends.head_word, test->words[0]);
    if (ends.tail)
        assert_int_equal(ends.next_word, test->words[NELEMS - 1] + TINY_CLUSTER);
    compare_claims(twin, &claims);
    claims_free(&claims);
    test_free(kernel);
    test_free(twin);
}

static void begin(struct kernel_test **test, uint64_t seed)
{
    struct tiny_image image;

    *test = test_calloc(1, sizeof(**test));
    tiny_image_init(&image, 4, 2, CLUSTERS, 1);
    (*test)->geometry = image.geometry;
    (*test)->prng.state = seed;
    tiny_image_free(&image);
}

/* What needs no closer look are the leading blocks of valid elements or of zeros. */
static void compare_plain(struct kernel_test *test)
{
    uint64_t start = prng_below(&test->prng, NELEMS), count = NELEMS - start;
    uint64_t valid = 7, last = 9, twin_valid = 7, twin_last = 9, done = 0;

    for (; count - done >= 8; done += 8) {
        uint64_t in_block = 0, zeros = 0;

        for (uint64_t i = 0; i < 8; i++) {
            uint64_t word = test->words[start + done + i];

            in_block += geometry_holds_cluster(&test->geometry, word);
            zeros += word == 0;
        }
        if (in_block < 8 && zeros < 8)
            break;
        twin_valid += in_block;
        if (in_block)
            twin_last = test->words[start + done + 7];
    }
    assert_int_equal(kernel_plain_elements(&test->geometry, test->bytes + start * QED_ELEMENT_SIZE,
                                           (size_t)count, &valid, &last),
                     done);
    assert_int_equal(valid, twin_valid);
    assert_int_equal(last, twin_last);
}

static void every_mixture_equals_the_twin(void **state)
{
    static const uint64_t longest[] = {1, 2, 3, 8, 30, 300, 3 * NELEMS};
    struct kernel_test *test;

    (void)state;
    begin(&test, 1);
    for (unsigned round = 0; round < 1200; round++) {
        struct mixture mixture = {
            .longest = longest[round % COUNT_OF(longest)],
            .zeros = (unsigned)prng_below(&test->prng, prng_one_in(&test->prng, 2) ? 3 : 99),
            .ones = (unsigned)prng_below(&test->prng, prng_one_in(&test->prng, 2) ? 1 : 30),
            .wild = (unsigned)prng_below(&test->prng, prng_one_in(&test->prng, 2) ? 1 : 40),
        };

        fill(test, &mixture);
        compare_table(test, round & 1);
        compare_table(test, !(round & 1));
        compare_plain(test);
    }
    test_free(test);
}

/* A single odd element in each place of a table that is otherwise one run, or empty. */
static void one_odd_element_in_each_place(void **state)
{
    const uint64_t odd[] = {
        0,         1, 5, tiny_offset(1), tiny_offset(2), tiny_offset(CLUSTERS), TINY_CLUSTER + 1,
        UINT64_MAX};
    struct kernel_test *test;

    (void)state;
    begin(&test, 2);
    for (unsigned round = 0; round < 2 * COUNT_OF(odd); round++) {
        for (uint64_t place = 0; place < 40; place++) {
            for (uint64_t i = 0; i < NELEMS; i++) {
                test->words[i] = round & 1 ? tiny_offset(10 + i) : 0;
                if (i == place)
                    test->words[i] = odd[round / 2];
                bytes_store64(test->bytes + i * QED_ELEMENT_SIZE, test->words[i]);
            }
            compare_table(test, place & 1);
        }
    }
    test_free(test);
}

/* Runs of more clusters than are counted exactly, which no single table of the others has. */
static void runs_that_leave_the_file(void **state)
{
    struct kernel_test *test;

    (void)state;
    begin(&test, 3);
    for (uint64_t first = CLUSTERS - 1100; first <= CLUSTERS; first++) {
        for (uint64_t i = 0; i < NELEMS; i++) {
            test->words[i] = tiny_offset(first + i);
            bytes_store64(test->bytes + i * QED_ELEMENT_SIZE, test->words[i]);
        }
        compare_table(test, first & 1);
    }
    test_free(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mixture_equals_the_twin),
        cmocka_unit_test(one_odd_element_in_each_place),
        cmocka_unit_test(runs_that_leave_the_file),
    };

    return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
