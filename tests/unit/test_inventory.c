/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/inventory.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

static const struct geometry small = {
    .cluster_size = TINY_CLUSTER,
    .cluster_bits = 12,
    .table_clusters = 2,
    .nelems = 1024,
    .table_size = 2 * TINY_CLUSTER,
    .header_end = TINY_CLUSTER,
    .file_end = 100 * TINY_CLUSTER,
    .file_clusters = 100,
};

static void begin(struct inventory *inventory, const struct geometry *geometry)
{
    inventory_init(inventory, geometry);
}

static void add_table(struct inventory *inventory, enum table_level level, uint64_t cluster)
{
    struct failure why = {0};

    EXPECT_OK(inventory_add_table(inventory, level, tiny_offset(cluster), cluster + 1000, &why),
              &why);
}

static void add_words(struct inventory *inventory, uint64_t cluster, uint64_t index, uint64_t count)
{
    struct failure why = {0};

    EXPECT_OK(inventory_add_words(inventory, tiny_offset(cluster), index, count, &why), &why);
}

static void tables_are_found_by_their_bytes(void **state)
{
    static const uint64_t tables[] = {40, 1, 90, 12, 60, 10};
    struct inventory inventory;

    (void)state;
    begin(&inventory, &small);
    assert_null(inventory_find(&inventory, 0));
    assert_null(inventory_next(&inventory, 0));
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        add_table(&inventory, i == 1 ? TABLE_L1 : TABLE_L2, tables[i]);
    inventory_finish(&inventory);
    for (uint64_t cluster = 0; cluster < 100; cluster++) {
        const struct table_ref *found = inventory_find(&inventory, tiny_offset(cluster) + 17);
        const struct table_ref *next = inventory_next(&inventory, tiny_offset(cluster) + 17);
        uint64_t holder = 0, above = UINT64_MAX;

        for (size_t i = 0; i < COUNT_OF(tables); i++) {
            if (cluster - tables[i] < 2)
                holder = tables[i];
            if (tables[i] > cluster && tables[i] < above)
                above = tables[i];
        }
        assert_int_equal(found ? found->offset : 0, tiny_offset(holder));
        assert_int_equal(found ? found->l1_index : 1000, holder ? holder + 1000 : 1000);
        assert_int_equal(next ? next->offset / TINY_CLUSTER : UINT64_MAX, above);
    }
    assert_int_equal(inventory_find(&inventory, tiny_offset(1))->level, TABLE_L1);
    assert_int_equal(inventory_find(&inventory, tiny_offset(40))->level, TABLE_L2);
    inventory_free(&inventory);
}

static void many_tables(void **state)
{
    static const struct geometry large = {.cluster_size = TINY_CLUSTER,
                                          .cluster_bits = 12,
                                          .table_clusters = 2,
                                          .table_size = 2 * TINY_CLUSTER,
                                          .file_clusters = 3000};
    struct inventory inventory;

    (void)state;
    begin(&inventory, &large);
    for (uint64_t i = 0; i < 1000; i++)
        add_table(&inventory, TABLE_L2, 2 * (i * 7 % 1000));
    inventory_finish(&inventory);
    assert_int_equal(inventory.count, 1000);
    for (uint64_t i = 0; i < 1000; i++)
        assert_int_equal(inventory.tables[i].offset, tiny_offset(2 * i));
    inventory_free(&inventory);
}

/* Words are kept in whole grains: clusters, or 16 KiB where clusters are larger. */
static void words_fill_grains(void **state)
{
    static const struct geometry large = {.cluster_size = 1 << 20,
                                          .cluster_bits = 20,
                                          .table_clusters = 1,
                                          .nelems = 1 << 17,
                                          .table_size = 1 << 20,
                                          .file_clusters = 10};
    struct failure why = {0};
    struct inventory inventory;

    (void)state;
    begin(&inventory, &small);
    add_words(&inventory, 4, 511, 1);
    add_words(&inventory, 8, 511, 2);
    add_words(&inventory, 2, 0, 1);
    inventory_finish(&inventory);
    assert_int_equal(inventory.word_count, 4);
    assert_int_equal(inventory.words.count, 3);
    assert_int_equal(inventory.words.list[0].offset, tiny_offset(2));
    assert_int_equal(inventory.words.list[1].offset, tiny_offset(4));
    assert_int_equal(inventory.words.list[1].size, TINY_CLUSTER);
    assert_int_equal(inventory.words.list[2].size, 2 * TINY_CLUSTER);
    inventory_free(&inventory);
    begin(&inventory, &large);
    EXPECT_OK(inventory_add_words(&inventory, 1 << 20, 2047, 1, &why), &why);
    EXPECT_OK(inventory_add_words(&inventory, 1 << 20, 2048 * 3, 2049, &why), &why);
    inventory_finish(&inventory);
    assert_int_equal(inventory.words.count, 2);
    assert_int_equal(inventory.words.list[0].offset, 1 << 20);
    assert_int_equal(inventory.words.list[0].size, 1 << 14);
    assert_int_equal(inventory.words.list[1].offset, (1 << 20) + (3 << 14));
    assert_int_equal(inventory.words.list[1].size, 2 << 14);
    inventory_free(&inventory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_found_by_their_bytes),
        cmocka_unit_test(many_tables),
        cmocka_unit_test(words_fill_grains),
    };

    return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
