/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/standin.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS 4000u

static const struct geometry geometry = {
    .cluster_size = TINY_CLUSTER,
    .cluster_bits = 12,
    .table_clusters = 2,
    .nelems = 1024,
    .table_size = 2 * TINY_CLUSTER,
    .header_end = TINY_CLUSTER,
    .file_end = (uint64_t)CLUSTERS * TINY_CLUSTER,
    .file_clusters = CLUSTERS,
};

/* A belief of which only what standin_words() reads is there. */
struct standin_test {
    struct inventory inventory;
    struct belief belief;
};

static void begin(struct standin_test *test)
{
    struct failure why = {0};
    uint64_t taken = 0;

    *test = (struct standin_test){.inventory = {.geometry = &geometry}};
    test->belief.inventory = &test->inventory;
    EXPECT_OK(claims_init(&test->belief.occupied, CLUSTERS, &why), &why);
    EXPECT_OK(claims_take_all(&test->belief.occupied, 0, 5, &taken, &why), &why);
}

static void end(struct standin_test *test)
{
    claims_free(&test->belief.occupied);
}

/* Counts the words, checks each, and returns how many follow their predecessor. */
static uint32_t check_words(const struct standin_test *test, const struct suspect_block *block)
{
    uint64_t words[BLOCK_WORDS], last = 0;
    uint32_t markers = 0, references = 0, adjacent = 0;
    bool seen[CLUSTERS] = {false};

    standin_words(&test->belief, block, words);
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = words[i];

        if (i >= block->words) {
            assert_int_equal(word, 0);
            continue;
        }
        adjacent += i > 0 && last + TINY_CLUSTER == word;
        last = word;
        if (table_classify(&geometry, TABLE_L2, word, NULL) == ELEMENT_VALID) {
            assert_false(claims_holds(&test->belief.occupied, word / TINY_CLUSTER));
            assert_false(seen[word / TINY_CLUSTER]);
            assert_true(word / TINY_CLUSTER >= block->first_free);
            seen[word / TINY_CLUSTER] = true;
            references++;
        } else {
            assert_true(word >= STANDIN_MARKER);
            assert_int_equal((word - STANDIN_MARKER) % TINY_CLUSTER, 0);
            assert_true((word - STANDIN_MARKER) / TINY_CLUSTER < geometry.nelems);
            markers++;
        }
    }
    assert_int_equal(references, block->fresh);
    assert_int_equal(markers, block->words - block->fresh);
    return adjacent;
}

static struct suspect_block random_block(struct prng *prng)
{
    uint32_t words = 1 + (uint32_t)prng_below(prng, BLOCK_WORDS);

    return (struct suspect_block){.offset = tiny_offset(100),
                                  .words = words,
                                  .fresh = (uint32_t)prng_below(prng, words + 1),
                                  .adjacent = (uint32_t)prng_below(prng, words),
                                  .first_free = prng_below(prng, 1000)};
}

/* Where the free clusters follow one another, every count that is possible comes out. */
static void counts_come_out(void **state)
{
    struct prng prng = {1};
    struct standin_test test;

    (void)state;
    begin(&test);
    for (unsigned round = 0; round < 5000; round++) {
        struct suspect_block block = random_block(&prng);
        uint32_t markers = block.words - block.fresh;
        uint32_t most = (markers ? markers - 1 : 0) + (block.fresh ? block.fresh - 1 : 0);

        assert_int_equal(check_words(&test, &block), block.adjacent < most ? block.adjacent : most);
    }
    end(&test);
}

static void only_free_clusters_are_referred_to(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct standin_test test;
        struct failure why = {0};
        struct suspect_block block = random_block(&prng);
        uint64_t taken = 0;

        begin(&test);
        for (unsigned i = 0; i < 200; i++) {
            uint64_t cluster = prng_below(&prng, CLUSTERS - 10);

            EXPECT_OK(claims_take_all(&test.belief.occupied, cluster, 1 + prng_below(&prng, 9),
                                      &taken, &why),
                      &why);
        }
        assert_true(check_words(&test, &block) <= block.adjacent);
        end(&test);
    }
}

static void smallest_blocks(void **state)
{
    struct standin_test test;

    (void)state;
    begin(&test);
    assert_int_equal(check_words(&test, &(struct suspect_block){.words = 0}), 0);
    assert_int_equal(check_words(&test, &(struct suspect_block){.words = 1}), 0);
    assert_int_equal(check_words(&test, &(struct suspect_block){.words = 1, .fresh = 1}), 0);
    assert_int_equal(
        check_words(&test, &(struct suspect_block){.words = 512, .fresh = 512, .adjacent = 511}),
        511);
    assert_int_equal(check_words(&test, &(struct suspect_block){.words = 512, .adjacent = 511}),
                     511);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_come_out),
        cmocka_unit_test(only_free_clusters_are_referred_to),
        cmocka_unit_test(smallest_blocks),
    };

    return cmocka_run_group_tests_name("stand-ins", tests, NULL, NULL);
}
