/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/standin.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define CLUSTERS  4000u
#define BLOCKS    6u
#define PER_TABLE 2u

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

/* A belief of suspect blocks, two to a table, and nothing else. */
struct standin_test {
    struct table_ref tables[BLOCKS / PER_TABLE];
    struct inventory inventory;
    struct belief belief;
    struct suspect_block blocks[BLOCKS];
};

static void begin(struct standin_test *test)
{
    struct failure why = {0};
    uint64_t taken = 0;

    *test = (struct standin_test){.inventory = {.geometry = &geometry}};
    test->inventory.tables = test->tables;
    test->belief = (struct belief){
        .inventory = &test->inventory, .blocks = test->blocks, .block_count = BLOCKS};
    for (size_t i = 0; i < BLOCKS; i++) {
        test->tables[i / PER_TABLE].level = TABLE_L2;
        test->blocks[i] = (struct suspect_block){
            .offset = tiny_offset(100 + i), .table = i / PER_TABLE, .joined = i % PER_TABLE};
    }
    EXPECT_OK(claims_init(&test->belief.occupied, CLUSTERS, &why), &why);
    EXPECT_OK(claims_take_all(&test->belief.occupied, 0, 5, &taken, &why), &why);
}

static void end(struct standin_test *test)
{
    claims_free(&test->belief.occupied);
}

/* What came out, counted word by word. */
struct outcome {
    uint64_t references, markers, pairs;
};

static void count_word(const struct standin_test *test, uint64_t word, struct outcome *outcome,
                       bool seen[CLUSTERS])
{
    if (table_classify(&geometry, TABLE_L2, word, NULL) == ELEMENT_VALID) {
        assert_false(claims_holds(&test->belief.occupied, word / TINY_CLUSTER));
        assert_false(seen[word / TINY_CLUSTER]);
        seen[word / TINY_CLUSTER] = true;
        outcome->references++;
    } else {
        assert_true(marker_is(&geometry, word));
        outcome->markers++;
    }
}

static struct outcome count_all(const struct standin_test *test)
{
    struct outcome outcome = {0};
    bool seen[CLUSTERS] = {false};
    uint64_t last = 0;

    for (size_t b = 0; b < BLOCKS; b++) {
        const struct suspect_block *block = &test->blocks[b];
        uint64_t words[BLOCK_WORDS];

        if (!block->joined)
            last = block->before;
        standin_words(&test->belief, block, words);
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (i >= block->words) {
                assert_int_equal(words[i], 0);
                continue;
            }
            count_word(test, words[i], &outcome, seen);
            outcome.pairs += last && last + TINY_CLUSTER == words[i];
            last = words[i];
        }
    }
    return outcome;
}

static uint64_t words_of(const struct standin_test *test)
{
    uint64_t words = 0;

    for (size_t b = 0; b < BLOCKS; b++)
        words += test->blocks[b].words;
    return words;
}

static void make_random(struct standin_test *test, struct prng *prng)
{
    begin(test);
    for (size_t b = 0; b < BLOCKS; b++) {
        uint64_t most = prng_one_in(prng, 3) ? 3 : BLOCK_WORDS;

        test->blocks[b].words = 1 + (uint32_t)prng_below(prng, most);
        if (!test->blocks[b].joined && prng_one_in(prng, 3))
            test->blocks[b].before = tiny_offset(1 + prng_below(prng, 20));
    }
    test->belief.pairs = prng_below(prng, words_of(test) + 1);
}

/* Where clusters are free in one piece, markers and references come out as asked for. */
static void counts_come_out(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct standin_test test;
        struct outcome outcome;
        uint64_t references;

        make_random(&test, &prng);
        references = prng_below(&prng, words_of(&test) + 1);
        standin_arrange(&test.belief, references);
        outcome = count_all(&test);
        assert_int_equal(outcome.references, references - test.belief.shortfall.clusters);
        assert_int_equal(outcome.references + outcome.markers, words_of(&test));
        assert_int_equal(outcome.pairs, test.belief.pairs - test.belief.shortfall.pairs);
        assert_true(test.belief.shortfall.clusters <= 1);
        end(&test);
    }
}

/* As many pairs as there can be: all words of a table but the first, and one where kinds meet. */
static void pairs_are_lost_only_where_they_must_be(void **state)
{
    (void)state;
    for (uint64_t references = 0; references <= BLOCKS * BLOCK_WORDS; references += 64) {
        struct standin_test test;
        bool mixed = references % (PER_TABLE * BLOCK_WORDS) != 0;

        begin(&test);
        for (size_t b = 0; b < BLOCKS; b++)
            test.blocks[b].words = BLOCK_WORDS;
        test.belief.pairs = words_of(&test) - BLOCKS / PER_TABLE;
        standin_arrange(&test.belief, references);
        assert_int_equal(test.belief.shortfall.pairs, mixed);
        end(&test);
    }
}

/* In a file where half of the clusters are taken, here and there, with too few free ones. */
static void only_free_clusters_are_referred_to(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct standin_test test;
        struct failure why = {0};
        struct outcome outcome;
        uint64_t taken = 0, rest;

        make_random(&test, &prng);
        for (unsigned i = 0; i < 500; i++) {
            uint64_t cluster = prng_below(&prng, CLUSTERS - 10);

            EXPECT_OK(claims_take_all(&test.belief.occupied, cluster, 1 + prng_below(&prng, 9),
                                      &taken, &why),
                      &why);
        }
        rest = CLUSTERS - test.belief.occupied.claimed;
        standin_arrange(&test.belief, words_of(&test));
        outcome = count_all(&test);
        assert_true(outcome.references == rest ||
                    outcome.references + test.belief.shortfall.clusters == words_of(&test));
        assert_true(outcome.pairs <= test.belief.pairs);
        end(&test);
    }
}

/* The counts that came out, asked for again, come out the same way. */
static void what_came_out_comes_out_again(void **state)
{
    struct prng prng = {3};

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct standin_test test;
        struct suspect_block first[BLOCKS];
        struct outcome outcome;

        make_random(&test, &prng);
        standin_arrange(&test.belief, prng_below(&prng, words_of(&test) + 1));
        outcome = count_all(&test);
        memcpy(first, test.blocks, sizeof(first));
        for (size_t b = 0; b < BLOCKS; b++) {
            test.blocks[b].references = test.blocks[b].rising = 0;
            test.blocks[b].chain = test.blocks[b].first_marker = 0;
            test.blocks[b].first = 0;
        }
        test.belief.pairs = outcome.pairs;
        test.belief.shortfall = (struct belief_shortfall){0};
        standin_arrange(&test.belief, outcome.references);
        assert_int_equal(test.belief.shortfall.pairs + test.belief.shortfall.clusters, 0);
        for (size_t b = 0; b < BLOCKS; b++) {
            uint64_t once[BLOCK_WORDS], twice[BLOCK_WORDS];

            standin_words(&test.belief, &first[b], once);
            standin_words(&test.belief, &test.blocks[b], twice);
            assert_memory_equal(once, twice, sizeof(once));
        }
        end(&test);
    }
}

static void markers_go_on_from_block_to_block(void **state)
{
    struct standin_test test;
    uint64_t words[BLOCK_WORDS];

    (void)state;
    begin(&test);
    test.blocks[0].words = 3;
    test.blocks[1].words = 3;
    test.belief.pairs = 4;
    standin_arrange(&test.belief, 0);
    standin_words(&test.belief, &test.blocks[1], words);
    assert_int_equal(words[0], STANDIN_MARKER + 3 * TINY_CLUSTER);
    assert_int_equal(words[1], STANDIN_MARKER + 4 * TINY_CLUSTER);
    assert_int_equal(words[2], STANDIN_MARKER);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_come_out),
        cmocka_unit_test(pairs_are_lost_only_where_they_must_be),
        cmocka_unit_test(only_free_clusters_are_referred_to),
        cmocka_unit_test(what_came_out_comes_out_again),
        cmocka_unit_test(markers_go_on_from_block_to_block),
    };

    return cmocka_run_group_tests_name("stand-ins", tests, NULL, NULL);
}
