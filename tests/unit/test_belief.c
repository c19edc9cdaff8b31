/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/belief.h"

#include "qed/marker.h"
#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 100u

/* Tables of two clusters: L1 at 1, then L2 tables at 3 and 5; clusters from 10 on are free. */
#define L1    tiny_offset(1)
#define FIRST tiny_offset(3)
#define OTHER tiny_offset(5)
#define TEXT  UINT64_C(0x6f77737361700005)

struct belief_test {
    struct tiny_image image;
    struct audit *audit;
    struct belief belief;
};

static void begin(struct belief_test *test)
{
    tiny_image_init(&test->image, 2, 1, CLUSTERS, CLUSTERS);
    tiny_image_set_l1(&test->image, 0, FIRST);
    tiny_image_set_l1(&test->image, 1, OTHER);
}

static void judge(struct belief_test *test, bool faithful)
{
    struct source *source = &test->image.memory.source;
    struct failure why = {0};

    test->audit = calloc(1, sizeof(*test->audit));
    assert_non_null(test->audit);
    EXPECT_OK(audit_run(test->audit, source, &(struct audit_options){.keep = 0}, &why), &why);
    EXPECT_OK(belief_init(&test->belief, source, test->audit, faithful, &why), &why);
}

static void end(struct belief_test *test)
{
    belief_free(&test->belief);
    audit_free(test->audit);
    free(test->audit);
    tiny_image_free(&test->image);
}

/* Writes count words from index on, each step further than the one before. */
static void fill(struct belief_test *test, uint64_t table, uint64_t index, uint64_t word,
                 uint64_t step, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        tiny_image_set(&test->image, table, index + i, word + i * step);
}

static const struct table_belief *belief_of(const struct belief_test *test, uint64_t offset)
{
    const struct table_ref *table = inventory_find(&test->audit->inventory, offset);

    assert_non_null(table);
    return &test->belief.tables[table - test->audit->inventory.tables];
}

static void assert_grains(const struct belief_test *test, const uint64_t *clusters, size_t count)
{
    uint64_t total = 0;

    for (size_t i = 0; i < count; i++) {
        size_t at = extents_find(&test->belief.words, tiny_offset(clusters[i]));

        assert_true(at < test->belief.words.count);
        assert_true(test->belief.words.list[at].offset <= tiny_offset(clusters[i]));
    }
    total = extents_total(&test->belief.words);
    assert_int_equal(total, count * TINY_CLUSTER);
}

/* Neither what is sound is judged, nor what the faithful want. */
static void not_everything_is_judged(void **state)
{
    (void)state;
    for (unsigned faithful = 0; faithful < 2; faithful++) {
        struct belief_test test;

        begin(&test);
        fill(&test, FIRST, 0, tiny_offset(10), TINY_CLUSTER, 20);
        if (faithful)
            fill(&test, OTHER, 0, TEXT, 1, 500);
        judge(&test, faithful);
        assert_false(test.belief.judged);
        assert_int_equal(test.belief.block_count, 0);
        assert_int_equal(belief_of(&test, OTHER)->reason, BELIEVED);
        end(&test);
    }
}

/* Two words of another file's table, of which one passes: good ones must not be outnumbered. */
static void outnumbered_words_are_not_believed(void **state)
{
    for (uint64_t good = 0; good < 4; good++) {
        struct belief_test test;

        (void)state;
        begin(&test);
        fill(&test, OTHER, 0, tiny_offset(20), TINY_CLUSTER, good);
        fill(&test, OTHER, 10, tiny_offset(30) + 512, TINY_CLUSTER, 2);
        judge(&test, false);
        assert_int_equal(belief_of(&test, OTHER)->suspect_blocks, good == 1);
        end(&test);
    }
}

/* Of a suspect block it is known how many words it has, and how many follow their predecessor. */
static void words_and_pairs_are_counted(void **state)
{
    struct belief_test test;
    const struct suspect_block *block;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 472, tiny_offset(10), TINY_CLUSTER, 40);
    fill(&test, FIRST, 512, tiny_offset(50), TINY_CLUSTER, 2);
    fill(&test, FIRST, 600, TEXT, TINY_CLUSTER, 3);
    fill(&test, FIRST, 700, TEXT, 16, 3);
    judge(&test, false);
    assert_int_equal(test.belief.block_count, 1);
    assert_null(belief_find(&test.belief, FIRST));
    block = belief_find(&test.belief, FIRST + BLOCK_SIZE + 100);
    assert_ptr_equal(block, &test.belief.blocks[0]);
    assert_int_equal(block->offset, FIRST + BLOCK_SIZE);
    assert_int_equal(block->words, 8);
    assert_int_equal(block->before, tiny_offset(49));
    assert_false(block->joined);
    assert_int_equal(test.belief.pairs, 4);
    assert_int_equal(belief_of(&test, FIRST)->suspect_blocks, 1);
    assert_null(belief_find(&test.belief, FIRST + 2 * BLOCK_SIZE));
    end(&test);
}

static void suspect_blocks_of_a_table_are_joined(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 510, TEXT, TINY_CLUSTER, 10);
    fill(&test, FIRST, 400, TEXT, 1, 10);
    fill(&test, OTHER, 0, TEXT, 1, 10);
    judge(&test, false);
    assert_int_equal(test.belief.block_count, 3);
    assert_false(test.belief.blocks[0].joined);
    assert_true(test.belief.blocks[1].joined);
    assert_false(test.belief.blocks[2].joined);
    assert_int_equal(test.belief.pairs, 9);
    end(&test);
}

/* Clusters of tables, of what believed words refer to, and of what they point at in vain. */
static void believed_words_occupy_clusters(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, tiny_offset(20), TINY_CLUSTER, 20);
    fill(&test, OTHER, 0, TEXT, 1, 10);
    fill(&test, OTHER, 10, tiny_offset(60), TINY_CLUSTER, 10);
    tiny_image_set_l1(&test.image, 2, OTHER + TINY_CLUSTER);
    judge(&test, false);
    for (uint64_t cluster = 1; cluster < CLUSTERS; cluster++)
        assert_int_equal(claims_holds(&test.belief.occupied, cluster),
                         cluster <= 7 || (cluster >= 20 && cluster < 40));
    end(&test);
}

/* A block of nothing but ones is hole in a copy if it is suspect. */
static void grains_of_what_is_in_a_copy(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    fill(&test, FIRST, 0, tiny_offset(20), TINY_CLUSTER, 20);
    for (uint64_t i = 0; i < 40; i += 2)
        tiny_image_set(&test.image, FIRST, 512 + i, QED_ZERO_CLUSTER);
    fill(&test, OTHER, 600, TEXT, 1, 10);
    judge(&test, false);
    assert_int_equal(test.belief.block_count, 2);
    assert_grains(&test, (const uint64_t[]){1, 3, 6}, 3);
    end(&test);
}

/* The last block of a table that the file's end cuts, full of words: the last one has no room. */
static void stand_ins_end_with_the_file(void **state)
{
    struct belief_test test;

    (void)state;
    begin(&test);
    tiny_image_set_l1(&test.image, 2, tiny_offset(CLUSTERS - 2));
    fill(&test, tiny_offset(CLUSTERS - 2), 512, TEXT, 1, 512);
    test.image.memory.source.size -= 20;
    test.image.memory.stored -= 20;
    tiny_image_update(&test.image);
    judge(&test, false);
    assert_int_equal(test.belief.block_count, 1);
    assert_int_equal(test.belief.blocks[0].words, 509);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(not_everything_is_judged),
        cmocka_unit_test(outnumbered_words_are_not_believed),
        cmocka_unit_test(words_and_pairs_are_counted),
        cmocka_unit_test(suspect_blocks_of_a_table_are_joined),
        cmocka_unit_test(believed_words_occupy_clusters),
        cmocka_unit_test(grains_of_what_is_in_a_copy),
        cmocka_unit_test(stand_ins_end_with_the_file),
    };

    return cmocka_run_group_tests_name("belief", tests, NULL, NULL);
}
