/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit.h"

#include "tests/unit/naive_check.h"
#include "tests/unit/unit.h"

/* An image made by hand, and its audit. */
struct audit_test {
    struct tiny_image image;
    struct audit *audit;
};

static void begin(struct audit_test *test, uint32_t header_size, uint64_t clusters)
{
    tiny_image_init(&test->image, 2, header_size, clusters, clusters < 40 ? clusters : 40);
    test->audit = test_malloc(sizeof(*test->audit));
}

static void audit_now(struct audit_test *test, bool in_use)
{
    const struct audit_options options = {.keep = 4, .in_use = in_use};
    struct failure why = {0};

    header_encode(&test->image.header, test->image.memory.bytes);
    EXPECT_OK(audit_run(test->audit, &test->image.memory.source, &options, &why), &why);
}

static void end(struct audit_test *test)
{
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

static uint64_t count_of(const struct audit_test *test, enum finding_kind kind)
{
    return test->audit->findings.kinds[kind].total;
}

/* A header, an L1 table at 1, an L2 table at 3 and data from 5 on: consistent. */
static void begin_sound(struct audit_test *test, uint64_t clusters)
{
    begin(test, 1, clusters);
    tiny_image_set_l1(&test->image, 0, tiny_offset(3));
    for (uint64_t cluster = 5; cluster < clusters && cluster < 29; cluster++)
        tiny_image_set(&test->image, tiny_offset(3), cluster, tiny_offset(cluster));
}

static void expect(struct audit_test *test, enum verdict verdict, uint64_t corruptions,
                   uint64_t leaks)
{
    audit_now(test, false);
    assert_int_equal(test->audit->verdict, verdict);
    assert_int_equal(test->audit->corruptions, corruptions);
    assert_int_equal(test->audit->leaks, leaks);
    assert_int_equal(test->audit->qemu.corruptions, corruptions);
    assert_int_equal(test->audit->qemu.leaks, leaks);
    end(test);
}

static void each_verdict(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    expect(&test, VERDICT_CONSISTENT, 0, 0);
    begin_sound(&test, 32);
    expect(&test, VERDICT_LEAKS, 0, 3);
    begin_sound(&test, 20);
    tiny_image_set(&test.image, tiny_offset(3), 500, tiny_offset(7));
    expect(&test, VERDICT_CORRUPT, 1, 0);
    begin_sound(&test, 32);
    tiny_image_set(&test.image, tiny_offset(3), 500, 7);
    expect(&test, VERDICT_CORRUPT, 1, 3);
    begin_sound(&test, 20);
    tiny_image_set_l1(&test.image, 5, tiny_offset(19));
    expect(&test, VERDICT_CORRUPT, 1, 0);
    begin_sound(&test, 20);
    tiny_image_set_l1(&test.image, 5, tiny_offset(3));
    expect(&test, VERDICT_CORRUPT, 2, 0);
}

static void unknown_features_are_unsupported(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    test.image.header.features = 8;
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_UNSUPPORTED);
    assert_false(test.audit->walked);
    assert_false(audit_can_copy(test.audit));
    assert_string_equal(test.audit->qemu.error, "Unsupported QED features: 8");
    end(&test);
}

static void sound_header_that_qemu_refuses(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    test.image.header.table_size = 1;
    tiny_image_set_l1(&test.image, 0, tiny_offset(3));
    audit_now(&test, false);
    assert_true(test.audit->walked);
    assert_true(audit_can_copy(test.audit));
    assert_false(test.audit->qemu.opens);
    assert_int_equal(test.audit->verdict, VERDICT_LEAKS);
    assert_int_equal(test.audit->leaks, 2);
    end(&test);
}

static void damaged_header_is_corrupt(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    test.image.header.image_size = 1;
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_CORRUPT);
    assert_true(test.audit->walked);
    assert_int_equal(test.audit->corruptions, 0);
    assert_false(audit_can_copy(test.audit));
    end(&test);
}

/* The L1 table begins at 0: the header's own cluster is in it. */
static void header_without_a_cluster(void **state)
{
    struct audit_test test;

    (void)state;
    begin(&test, 0, 4);
    test.image.header.image_size = 0;
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_CORRUPT);
    assert_int_equal(count_of(&test, FINDING_L1_TABLE_SHARED), 1);
    assert_int_equal(count_of(&test, (enum finding_kind)HEADER_SIZE_ZERO), 1);
    end(&test);
}

static void remarks(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    test.image.header.features = QED_F_NEED_CHECK;
    test.image.header.image_size = 10 * TINY_CLUSTER;
    test.image.memory.source.size += 1000;
    audit_now(&test, true);
    assert_int_equal(test.audit->verdict, VERDICT_CONSISTENT);
    assert_int_equal(count_of(&test, FINDING_NEED_CHECK), 1);
    assert_int_equal(count_of(&test, FINDING_IN_USE), 1);
    assert_int_equal(count_of(&test, FINDING_BEYOND_IMAGE), 10);
    assert_int_equal(count_of(&test, FINDING_TAIL), 1000);
    assert_int_equal(count_of(&test, FINDING_QEMU_COUNTS), 0);
    end(&test);
}

/* 4095 sound clusters: qemu sees a leak, there is none. */
static void phantom_leak_is_qemus_alone(void **state)
{
    struct audit_test test;

    (void)state;
    begin(&test, 1, 4095);
    tiny_image_set_l1(&test.image, 0, tiny_offset(3));
    for (uint64_t table = 0; table < 4; table++) {
        uint64_t cluster = 5 + 2 * table;

        if (table > 0)
            tiny_image_set_l1(&test.image, table, tiny_offset(cluster - 2));
        for (uint64_t i = 0; i < 1024 && 11 + table * 1024 + i < 4095; i++)
            tiny_image_set(&test.image, tiny_offset(cluster - 2), i,
                           tiny_offset(11 + table * 1024 + i));
    }
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_CONSISTENT);
    assert_int_equal(test.audit->leaks, 0);
    assert_int_equal(test.audit->qemu.leaks, 1);
    assert_int_equal(test.audit->qemu.exit_status, 3);
    assert_int_equal(count_of(&test, FINDING_QEMU_COUNTS), 1);
    end(&test);
}

static void compare_with_naive(struct audit_test *test)
{
    const struct audit *audit = test->audit;
    struct naive_check naive;

    naive_check_run(&naive, &test->image, false);
    assert_int_equal(audit->corruptions, naive.corruptions);
    assert_int_equal(audit->duplicates, naive.duplicates);
    assert_int_equal(audit->leaks, naive.leaks);
    assert_int_equal(audit->usage.allocated_clusters, naive.allocated);
    assert_int_equal(audit->usage.fragmented_clusters, naive.fragmented);
    assert_int_equal(audit->usage.l2_tables, naive.tables);
    assert_int_equal(audit->verdict == VERDICT_CORRUPT,
                     naive.corruptions > 0 || test->image.header.header_size == 0);
    assert_int_equal(count_of(test, FINDING_LEAK), naive.leaks);
    if (!audit->qemu.opens)
        return;
    naive_check_run(&naive, &test->image, true);
    assert_int_equal(audit->qemu.corruptions, naive.corruptions);
    assert_int_equal(audit->qemu.leaks, naive.leaks);
    assert_int_equal(audit->qemu.allocated_clusters, naive.allocated);
    assert_int_equal(audit->qemu.fragmented_clusters, naive.fragmented);
}

static void random_images_equal_naive_check(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 1000; round++) {
        struct audit_test test;
        uint32_t header_size = (uint32_t)prng_below(&prng, 3);
        uint64_t clusters = (round % 10 ? 12 : 4090) + prng_below(&prng, 40);

        test.audit = test_malloc(sizeof(*test.audit));
        tiny_image_init(&test.image, 1u << prng_below(&prng, 3), header_size, clusters, clusters);
        if (header_size == 0)
            test.image.header.l1_table_offset = TINY_CLUSTER;
        tiny_image_randomize(&test.image, &prng);
        audit_now(&test, false);
        compare_with_naive(&test);
        end(&test);
    }
}

/* Bytes of any kind give an audit. */
static void garbage_is_audited(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct audit_test test;

        begin_sound(&test, 20);
        header_encode(&test.image.header, test.image.memory.bytes);
        for (unsigned i = 0; i < 1 + round % 3; i++)
            test.image.memory.bytes[prng_below(&prng, 64)] ^=
                (unsigned char)(1 << prng_below(&prng, 8));
        header_decode(test.image.memory.bytes, &test.image.header);
        if (round % 2)
            test.image.memory.source.size = prng_below(&prng, tiny_offset(20));
        audit_now(&test, false);
        assert_in_range(test.audit->verdict, VERDICT_CONSISTENT, VERDICT_UNSUPPORTED);
        end(&test);
    }
}

/* Of an L2 table a part: the rest is walked, the hole is told, leaks stay unknown. */
static void unreadable_l2_elements(void **state)
{
    struct audit_test test;
    const struct finding *finding;

    (void)state;
    begin_sound(&test, 32);
    test.image.memory.lost = (struct extent){tiny_offset(3) + 80, 80};
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_UNREADABLE);
    assert_int_equal(test.audit->check_errors, 10);
    assert_int_equal(count_of(&test, FINDING_L2_UNREADABLE), 10);
    assert_int_equal(count_of(&test, FINDING_LEAK), 0);
    assert_int_equal(test.audit->leaks, 0);
    assert_int_equal(test.audit->usage.allocated_clusters, 24 - 10);
    finding = test.audit->findings.kinds[FINDING_L2_UNREADABLE].list;
    assert_int_equal(finding->table_offset, tiny_offset(3));
    assert_int_equal(finding->l2_index, 10);
    assert_int_equal(finding->guest_pos, tiny_offset(10));
    assert_int_equal(finding->guest_size, tiny_offset(10));
    assert_true(test.audit->qemu.opens && test.audit->qemu.fails);
    assert_int_equal(test.audit->qemu.exit_status, 1);
    assert_false(qemu_counts(&test.audit->qemu));
    assert_true(audit_can_copy(test.audit));
    end(&test);
}

static void unreadable_l1_elements(void **state)
{
    struct audit_test test;
    const struct finding *finding;

    (void)state;
    begin_sound(&test, 20);
    tiny_image_set_l1(&test.image, 9, tiny_offset(5));
    test.image.memory.grain = 0;
    test.image.memory.lost = (struct extent){tiny_offset(1) + 64, 64};
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_UNREADABLE);
    assert_int_equal(test.audit->check_errors, 8);
    finding = test.audit->findings.kinds[FINDING_L1_UNREADABLE].list;
    assert_int_equal(finding->l1_index, 8);
    assert_int_equal(finding->guest_pos, 8 * 1024 * (uint64_t)TINY_CLUSTER);
    assert_int_equal(finding->guest_size, 8 * 1024 * (uint64_t)TINY_CLUSTER);
    assert_false(test.audit->qemu.opens);
    assert_string_equal(test.audit->qemu.error, "Failed to read L1 table");
    end(&test);
}

static void corruption_outweighs_what_cannot_be_read(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    tiny_image_set(&test.image, tiny_offset(3), 500, 7);
    test.image.memory.lost = (struct extent){tiny_offset(3) + 80, 80};
    audit_now(&test, false);
    assert_int_equal(test.audit->verdict, VERDICT_CORRUPT);
    assert_int_equal(test.audit->check_errors, 10);
    end(&test);
}

/* Data are not read, so that it does not matter whether they can be. */
static void unreadable_data_are_not_noticed(void **state)
{
    struct audit_test test;

    (void)state;
    begin_sound(&test, 20);
    test.image.memory.lost = (struct extent){tiny_offset(5), tiny_offset(15)};
    expect(&test, VERDICT_CONSISTENT, 0, 0);
}

static void unreadable_header_is_a_failure(void **state)
{
    const struct audit_options options = {.keep = 4};
    struct audit_test test;
    struct failure why = {0};

    (void)state;
    begin_sound(&test, 20);
    test.image.memory.grain = 0;
    test.image.memory.lost = (struct extent){63, 1};
    test.image.memory.source.error = 5;
    EXPECT_FAILURE(audit_run(test.audit, &test.image.memory.source, &options, &why), &why,
                   "the header cannot be read: Input/output error");
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_verdict),
        cmocka_unit_test(unknown_features_are_unsupported),
        cmocka_unit_test(sound_header_that_qemu_refuses),
        cmocka_unit_test(damaged_header_is_corrupt),
        cmocka_unit_test(header_without_a_cluster),
        cmocka_unit_test(remarks),
        cmocka_unit_test(phantom_leak_is_qemus_alone),
        cmocka_unit_test(random_images_equal_naive_check),
        cmocka_unit_test(garbage_is_audited),
        cmocka_unit_test(unreadable_l2_elements),
        cmocka_unit_test(unreadable_l1_elements),
        cmocka_unit_test(corruption_outweighs_what_cannot_be_read),
        cmocka_unit_test(unreadable_data_are_not_noticed),
        cmocka_unit_test(unreadable_header_is_a_failure),
    };

    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
