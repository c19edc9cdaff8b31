/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/usage.h"

#include <stdlib.h>

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define ELEMENTS 1024u
#define TABLES   3u

static const struct geometry geometry = {
    .cluster_size = TINY_CLUSTER,
    .nelems = ELEMENTS,
    .total_clusters = 2 * ELEMENTS + 100,
};

/* A usage counts with every length of run; too large for a stack that other tests share. */
static struct usage *new_usage(void)
{
    return test_calloc(1, sizeof(struct usage));
}

static void add(struct usage *usage, uint64_t l1_index, enum element_class class, uint32_t index,
                uint32_t count, uint64_t cluster)
{
    const struct run run = {
        .class = class, .index = index, .count = count, .value = tiny_offset(cluster)};

    usage_add(usage, &geometry, l1_index, &run);
}

/* The tables of an image as an array of elements, and what each of them is. */
struct model {
    uint64_t elements[TABLES][ELEMENTS];
    enum element_class classes[TABLES][ELEMENTS];
    uint64_t lengths[TABLES * ELEMENTS];
    size_t runs;
};

static void fill_model(struct model *model, struct prng *prng)
{
    uint64_t value = 0;

    for (uint64_t i = 0; i < TABLES * ELEMENTS; i++) {
        enum element_class *class = &model->classes[i / ELEMENTS][i % ELEMENTS];

        value += TINY_CLUSTER;
        *class = i % ELEMENTS ? class[-1] : ELEMENT_VALID;
        if (prng_one_in(prng, 6)) {
            *class = (enum element_class)prng_below(prng, ELEMENT_INVALID + 1);
            value = tiny_offset(prng_one_in(prng, 2) ? prng_below(prng, 3) + value / TINY_CLUSTER
                                                     : prng_below(prng, 5000));
        }
        if (*class == ELEMENT_INVALID)
            value |= 8;
        else
            value &= ~UINT64_C(8);
        model->elements[i / ELEMENTS][i % ELEMENTS] = value;
    }
}

static bool follows(const struct model *model, uint64_t table, uint32_t index)
{
    const uint64_t *elements = model->elements[table];
    const enum element_class *classes = model->classes[table];

    if (classes[index] != classes[index - 1])
        return false;
    return classes[index] < ELEMENT_VALID || elements[index - 1] + TINY_CLUSTER == elements[index];
}

/* Feeds a table as runs, long ones sometimes in parts, as a table cursor may do. */
static void feed(struct usage *usage, const struct model *model, uint64_t table, struct prng *prng)
{
    uint32_t index = 0;

    usage_begin_table(usage);
    while (index < ELEMENTS) {
        uint32_t count = 1;

        while (index + count < ELEMENTS && follows(model, table, index + count) &&
               !prng_one_in(prng, 20))
            count++;
        const struct run run = {.class = model->classes[table][index],
                                .index = index,
                                .count = count,
                                .value = model->elements[table][index]};
        usage_add(usage, &geometry, table, &run);
        index += count;
    }
}

static void add_length(struct model *model, uint64_t *length)
{
    if (*length)
        model->lengths[model->runs++] = *length;
    *length = 0;
}

/* Runs one by one: neighbours in the guest's view and in the file. */
static void find_runs(struct model *model)
{
    uint64_t length = 0, last = 0;

    for (uint64_t i = 0; i < TABLES * ELEMENTS; i++) {
        uint64_t element = model->elements[i / ELEMENTS][i % ELEMENTS];
        bool valid = model->classes[i / ELEMENTS][i % ELEMENTS] == ELEMENT_VALID;

        if (!valid || element != last + TINY_CLUSTER)
            add_length(model, &length);
        length += valid;
        last = element;
    }
    add_length(model, &length);
}

static void compare_counts(const struct usage *usage, const struct model *model)
{
    uint64_t allocated = 0, fragmented = 0, image = 0, zeros = 0, beyond = 0;

    for (uint64_t table = 0; table < TABLES; table++) {
        bool has_last = false;
        uint64_t last = 0;

        for (uint64_t i = 0; i < ELEMENTS; i++) {
            enum element_class class = model->classes[table][i];
            bool inside = table * ELEMENTS + i < geometry.total_clusters;

            bool used = class != ELEMENT_UNALLOCATED && class != ELEMENT_UNREADABLE;

            image += used && inside;
            beyond += used && !inside;
            zeros += class == ELEMENT_ZERO;
            has_last &= class != ELEMENT_UNREADABLE;
            if (class < ELEMENT_VALID)
                continue;
            allocated++;
            fragmented += has_last && last + TINY_CLUSTER != model->elements[table][i];
            has_last = true;
            last = model->elements[table][i];
        }
    }
    assert_int_equal(usage->allocated_clusters, allocated);
    assert_int_equal(usage->fragmented_clusters, fragmented);
    assert_int_equal(usage->zero_clusters, zeros);
    assert_int_equal(usage->image_clusters, image);
    assert_int_equal(usage->beyond_clusters, beyond);
    assert_int_equal(usage->valid_elements + usage->invalid_elements, allocated);
}

static int ascending(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void compare_lengths(const struct usage *usage, struct model *model)
{
    uint64_t sum = 0;

    find_runs(model);
    qsort(model->lengths, model->runs, sizeof(model->lengths[0]), ascending);
    assert_int_equal(usage->runs, model->runs);
    for (unsigned power = 0; power < 64; power++) {
        uint64_t expected = 0;

        for (size_t i = 0; i < model->runs; i++)
            expected += model->lengths[i] >> power == 1;
        assert_int_equal(usage_runs_of(usage, power), expected);
        sum += expected;
    }
    assert_int_equal(sum, usage->runs);
    assert_int_equal(usage->longest_run, model->runs ? model->lengths[model->runs - 1] : 0);
    assert_int_equal(usage_median_run(usage),
                     model->runs ? model->lengths[(model->runs - 1) / 2] : 0);
}

static void random_tables_equal_counting_one_by_one(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct model *model = test_calloc(1, sizeof(*model));
        struct usage *usage = new_usage();

        fill_model(model, &prng);
        for (uint64_t table = 0; table < TABLES; table++)
            feed(usage, model, table, &prng);
        usage_finish(usage);
        assert_int_equal(usage->l2_tables, TABLES);
        compare_counts(usage, model);
        compare_lengths(usage, model);
        test_free(model);
        test_free(usage);
    }
}

/* A run goes on in the next table; qemu's count of fragments begins anew. */
static void runs_cross_tables_and_fragments_do_not(void **state)
{
    struct usage *usage = new_usage();

    (void)state;
    usage_begin_table(usage);
    add(usage, 0, ELEMENT_VALID, 1000, 24, 50);
    usage_begin_table(usage);
    add(usage, 1, ELEMENT_VALID, 0, 10, 74);
    usage_begin_table(usage);
    add(usage, 2, ELEMENT_VALID, 0, 5, 500);
    usage_finish(usage);
    assert_int_equal(usage->runs, 2);
    assert_int_equal(usage->longest_run, 34);
    assert_int_equal(usage->fragmented_clusters, 0);
    test_free(usage);
}

static void finish_runs_of(struct usage *usage, uint64_t length, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        usage_count_run(usage, length);
    usage_finish(usage);
}

/* Lengths around each power of two: the right power, and a median at most 1/64 too small. */
static void lengths_at_powers_of_two(void **state)
{
    (void)state;
    for (unsigned power = 0; power < 64; power++) {
        for (int step = -1; step <= 1; step++) {
            uint64_t length = (UINT64_C(1) << power) + (uint64_t)step;
            struct usage *usage;

            if (length == 0)
                continue;
            usage = new_usage();
            finish_runs_of(usage, length, 3);
            assert_int_equal(usage_runs_of(usage, 63 - (unsigned)__builtin_clzll(length)), 3);
            assert_true(usage_median_run(usage) <= length);
            assert_true(length - usage_median_run(usage) <= length / 64);
            if (length < USAGE_EXACT || step == 0)
                assert_int_equal(usage_median_run(usage), length);
            test_free(usage);
        }
    }
}

static void median_of_few(void **state)
{
    struct usage *usage = new_usage();

    (void)state;
    usage_finish(usage);
    assert_int_equal(usage_median_run(usage), 0);
    finish_runs_of(usage, 7, 1);
    assert_int_equal(usage_median_run(usage), 7);
    finish_runs_of(usage, 1023, 1);
    assert_int_equal(usage_median_run(usage), 7);
    finish_runs_of(usage, 1023, 1);
    assert_int_equal(usage_median_run(usage), 1023);
    finish_runs_of(usage, UINT64_MAX, 3);
    assert_int_equal(usage_median_run(usage), 1023);
    assert_int_equal(usage->longest_run, UINT64_MAX);
    test_free(usage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tables_equal_counting_one_by_one),
        cmocka_unit_test(runs_cross_tables_and_fragments_do_not),
        cmocka_unit_test(lengths_at_powers_of_two),
        cmocka_unit_test(median_of_few),
    };

    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
