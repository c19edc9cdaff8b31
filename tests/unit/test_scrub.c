/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/scrub.h"

#include "tests/unit/naive_check.h"
#include "tests/unit/unit.h"

#define CANARY "GUEST ! "

/* An image, its audit and its scrubbed copy. */
struct scrub_test {
    struct tiny_image image;
    struct audit *audit;
    struct scrub scrub;
};

static void audit_and_scrub(struct source *source, struct audit *audit, struct scrub *scrub,
                            bool faithful)
{
    const struct audit_options audit_options = {.keep = 3};
    const struct scrub_options options = {.faithful = faithful};
    struct failure why = {0};

    EXPECT_OK(audit_run(audit, source, &audit_options, &why), &why);
    assert_true(audit_can_copy(audit));
    EXPECT_OK(scrub_init(scrub, source, audit, &options, &why), &why);
}

static void begin(struct scrub_test *test, bool faithful)
{
    test->audit = test_malloc(sizeof(*test->audit));
    audit_and_scrub(&test->image.memory.source, test->audit, &test->scrub, faithful);
}

static void end(struct scrub_test *test)
{
    scrub_free(&test->scrub);
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

/* Plants canaries everywhere behind the L1 table, in the header's padding and in the tail. */
static void plant_canaries(struct tiny_image *image)
{
    uint64_t start = (image->header.header_size + image->header.table_size) * TINY_CLUSTER;

    for (uint64_t at = QED_HEADER_SIZE; at < TINY_CLUSTER; at += sizeof(CANARY) - 1)
        memcpy(image->memory.bytes + at, CANARY, sizeof(CANARY) - 1);
    for (uint64_t at = start; at + sizeof(CANARY) < image->memory.stored; at += sizeof(CANARY) - 1)
        memcpy(image->memory.bytes + at, CANARY, sizeof(CANARY) - 1);
}

static void make_random(struct scrub_test *test, struct prng *prng, uint64_t clusters,
                        bool faithful)
{
    struct tiny_image *image = &test->image;

    tiny_image_init(image, 1u << prng_below(prng, 3), 1 + (uint32_t)prng_below(prng, 2), clusters,
                    clusters);
    if (prng_one_in(prng, 2))
        plant_canaries(image);
    tiny_image_randomize(image, prng);
    image->memory.grain = UINT64_C(8) << prng_below(prng, 10);
    if (prng_one_in(prng, 3)) {
        image->memory.source.size -= prng_below(prng, tiny_offset(clusters - 10));
        image->memory.stored = image->memory.source.size;
        tiny_image_update(image);
    }
    begin(test, faithful);
}

/* The bytes of a copy, read by its ranges of data in chunks of any size. */
static unsigned char *read_copy(struct source *source, struct prng *prng)
{
    unsigned char *bytes = test_calloc(1, source->size);
    struct failure why = {0};
    struct extent data;
    uint64_t at = 0;

    while (source_data(source, at, source->size, &data, &why) > 0) {
        size_t most = prng ? (size_t)1 + prng_below(prng, 20000) : SOURCE_CHUNK;
        size_t size = data.size < most ? (size_t)data.size : most;
        const unsigned char *from;

        assert_true(data.offset >= at && data.offset % 8 == 0);
        /* A chunk that does not end the data must not cut a word. */
        if (size < data.size)
            size = (size + 7) & ~(size_t)7;
        from = source_range(source, data.offset, size, &why);
        assert_non_null(from);
        memcpy(bytes + data.offset, from, size);
        at = data.offset + size;
    }
    return bytes;
}

static void any_chunks_in_any_order_give_the_same_bytes(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct scrub_test test;
        struct failure why = {0};
        unsigned char *bytes, *again;
        uint64_t size;

        make_random(&test, &prng, 24 + prng_below(&prng, 30), round % 2);
        size = test.scrub.source.size;
        bytes = read_copy(&test.scrub.source, NULL);
        again = read_copy(&test.scrub.source, &prng);
        assert_memory_equal(bytes, again, size);
        for (unsigned i = 0; i < 40; i++) {
            uint64_t offset = prng_below(&prng, size) & ~UINT64_C(7);
            size_t part = (size_t)prng_below(&prng, size - offset + 1);

            part = part > SOURCE_CHUNK ? SOURCE_CHUNK : part;
            part = part + offset < size ? part & ~(size_t)7 : part;
            assert_memory_equal(source_range(&test.scrub.source, offset, part, &why),
                                bytes + offset, part);
        }
        test_free(bytes);
        test_free(again);
        end(&test);
    }
}

/* The word as the source has it; the file may end inside it. */
static void check_word(const struct scrub_test *test, const unsigned char *at, size_t size,
                       enum table_level level, uint64_t *last)
{
    const struct geometry *geometry = &test->audit->geometry;
    unsigned char bytes[8] = {0};
    uint64_t word;
    enum element_class class;

    memcpy(bytes, at, size);
    word = bytes_load64(bytes);
    class = table_classify(geometry, level, word, NULL);
    if (class == ELEMENT_INVALID && size == 8 && !marker_is(geometry, word)) {
        assert_int_equal(level, TABLE_L2);
        assert_int_equal(word, *last + TINY_CLUSTER);
        assert_true(word >= geometry->file_end);
        assert_true(scrub_may_show(geometry, test->audit->file_size, word));
    }
    if (class == ELEMENT_INVALID && size < 8)
        assert_memory_equal(bytes, "REDACTED", size);
    if (word > 1)
        *last = word;
}

/* The level of the table of the copy that holds a byte; false if none does. */
static bool level_at(const struct scrub_test *test, uint64_t at, enum table_level *level)
{
    const struct table_ref *table = inventory_find(&test->audit->inventory, at);
    const struct suspect_block *block = belief_find(&test->scrub.belief, at);

    if (table && scrub_keeps_table(&test->scrub, table))
        *level = table->level;
    else if (block)
        *level = TABLE_L2;
    else
        return false;
    return true;
}

/* The ranges hold the header's first sector and words that the policy allows, nothing else. */
static void check_grammar(const struct scrub_test *test, const unsigned char *bytes)
{
    const struct inventory *inventory = &test->audit->inventory;
    const struct table_ref *current = NULL;
    uint64_t size = test->scrub.source.size, last = 0;

    for (uint64_t at = 0; at < size; at += 8) {
        const struct table_ref *table = inventory_find(inventory, at);
        size_t length = size - at < 8 ? (size_t)(size - at) : 8;
        enum table_level level;

        if (table != current)
            last = 0;
        current = table;
        if (at < QED_HEADER_SIZE)
            continue;
        if (level_at(test, at, &level)) {
            check_word(test, bytes + at, length, level, &last);
            continue;
        }
        for (size_t i = 0; i < length; i++)
            assert_int_equal(bytes[at + i], 0);
    }
}

/*
 * A faithful copy has the original's figures. Its fragments can differ by an element that follows
 * one inside the header, or that the end of the file cuts.
 */
static void check_same(const struct scrub_test *test, const struct qemu_check *check)
{
    const struct qemu_check *original = &test->audit->qemu;

    assert_int_equal(check->corruptions, original->corruptions);
    assert_int_equal(check->leaks, original->leaks);
    assert_int_equal(check->allocated_clusters, original->allocated_clusters);
    if (test->image.header.header_size == 1 && test->scrub.source.size % 8 == 0)
        assert_true(qemu_same(check, original));
}

static void check_figures(struct scrub_test *test, unsigned char *bytes, bool faithful)
{
    struct tiny_image copy = test->image;
    struct naive_check naive;
    struct failure why = {0};
    struct scrub_counts read = test->scrub.counts;
    struct scrub_forecast forecast;
    const struct qemu_check *check = &forecast.qemu;

    EXPECT_OK(scrub_predict(&test->scrub, &forecast, &why), &why);
    assert_int_equal(forecast.words.kept, read.kept);
    assert_int_equal(forecast.words.rewritten, read.rewritten);
    assert_int_equal(forecast.words.stand_ins, read.stand_ins);
    copy.memory.bytes = bytes;
    naive_check_run(&naive, &copy, false);
    assert_int_equal(forecast.figures.corruptions, naive.corruptions);
    assert_int_equal(forecast.figures.leaks, naive.leaks);
    assert_int_equal(forecast.figures.allocated_clusters, naive.allocated);
    assert_int_equal(check->opens, test->image.header.table_size > 1);
    if (!check->opens)
        return;
    if (faithful)
        check_same(test, check);
    naive_check_run(&naive, &copy, true);
    assert_int_equal(check->corruptions, naive.corruptions);
    assert_int_equal(check->leaks, naive.leaks);
    assert_int_equal(check->allocated_clusters, naive.allocated);
    assert_int_equal(check->fragmented_clusters, naive.fragmented);
}

/* The copy of a copy is the copy, holes included. */
static void check_again(struct scrub_test *test, const unsigned char *bytes, bool faithful)
{
    struct audit *audit = test_malloc(sizeof(*audit));
    const struct extents *ranges = &test->scrub.ranges;
    struct scrub again;
    unsigned char *twice;

    audit_and_scrub(&test->scrub.source, audit, &again, faithful);
    twice = read_copy(&again.source, NULL);
    assert_memory_equal(bytes, twice, test->scrub.source.size);
    assert_int_equal(again.ranges.count, ranges->count);
    assert_memory_equal(again.ranges.list, ranges->list, ranges->count * sizeof(*ranges->list));
    scrub_free(&again);
    audit_free(audit);
    test_free(audit);
    test_free(twice);
}

static void check_random(struct prng *prng, uint64_t clusters, bool faithful)
{
    struct scrub_test test;
    unsigned char *bytes;

    make_random(&test, prng, clusters, faithful);
    bytes = read_copy(&test.scrub.source, NULL);
    check_grammar(&test, bytes);
    assert_null(memmem(bytes, test.scrub.source.size, CANARY, sizeof(CANARY) - 1));
    check_figures(&test, bytes, faithful);
    check_again(&test, bytes, faithful);
    test_free(bytes);
    end(&test);
}

static void copies_hold_allowed_words_and_keep_figures(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 400; round++)
        check_random(&prng, 24 + prng_below(&prng, 30), round % 2);
}

static void copies_of_images_past_the_slip(void **state)
{
    struct prng prng = {3};

    (void)state;
    for (unsigned round = 0; round < 40; round++)
        check_random(&prng, 4090 + prng_below(&prng, 30), round % 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_chunks_in_any_order_give_the_same_bytes),
        cmocka_unit_test(copies_hold_allowed_words_and_keep_figures),
        cmocka_unit_test(copies_of_images_past_the_slip),
    };

    return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
