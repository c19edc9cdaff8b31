/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit_feed.h"

#include "tests/unit/same_audit.h"
#include "tests/unit/sound_image.h"
#include "tests/unit/unit.h"

/* How an image is cut into pieces. */
struct cutting {
    uint64_t most; /* bytes of the largest piece */
    bool odd;      /* of any size; otherwise of whole elements */
};

static const struct cutting cuttings[] = {{8, false}, {600, false}, {1 << 20, false}, {999, true}};

static void feed_data(struct audit_feed *feed, const struct tiny_image *image,
                      const struct extent *data, const struct cutting *cutting, struct prng *prng)
{
    uint64_t at = data->offset, end = data->offset + data->size;

    while (at < end) {
        uint64_t size = 1 + prng_below(prng, cutting->most);
        unsigned char *bytes;

        if (!cutting->odd)
            size = (size + 7) & ~UINT64_C(7);
        if (size > end - at)
            size = end - at;
        bytes = test_malloc((size_t)size);
        memcpy(bytes, image->memory.bytes + at, (size_t)size);
        audit_feed_take(feed, at, bytes, (size_t)size);
        test_free(bytes);
        at += size;
    }
}

/* The fields of the header come in one piece, as in archives. Behind what is stored are zeros. */
static void feed_image(struct audit_feed *feed, struct tiny_image *image,
                       const struct cutting *cutting, struct prng *prng)
{
    struct source *source = &image->memory.source;
    uint64_t at = QED_HEADER_SIZE, end = image->memory.stored;
    struct failure why = {0};
    struct extent data;

    audit_feed_begin(feed, source->size);
    audit_feed_take(feed, 0, image->memory.bytes, QED_HEADER_SIZE);
    while (source_data(source, at, end, &data, &why) > 0) {
        feed_data(feed, image, &data, cutting, prng);
        at = data.offset + data.size;
    }
    audit_feed_end(feed);
}

/* With the feed and by walking: the audits must not differ. Returns whether the feed was enough. */
static bool compare_audits(struct tiny_image *image, struct audit_feed *feed, enum verdict *verdict)
{
    const struct audit_options fed_options = {.keep = 3, .atlas = true, .feed = feed};
    const struct audit_options walk_options = {.keep = 3, .atlas = true, .in_order = true};
    struct audit *fed = test_malloc(sizeof(*fed)), *walked = test_malloc(sizeof(*walked));
    bool enough = feed->stage == AUDIT_FEED_DONE;
    struct failure why = {0};
    const char *difference;

    EXPECT_OK(audit_run(fed, &image->memory.source, &fed_options, &why), &why);
    audit_feed_free(feed);
    EXPECT_OK(audit_run(walked, &image->memory.source, &walk_options, &why), &why);
    difference = audit_difference(fed, walked);
    if (difference)
        fail_msg("%s", difference);
    *verdict = walked->verdict;
    audit_free(fed);
    audit_free(walked);
    test_free(fed);
    test_free(walked);
    return enough;
}

static void sound_images_are_read_once(void **state)
{
    unsigned seen[VERDICT_UNSUPPORTED + 1] = {0};
    struct audit_feed feed = {0};
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        enum verdict verdict;
        struct tiny_image image;

        random_image_begin(&image, &prng);
        sound_image_build(&image, &prng);
        feed_image(&feed, &image, &cuttings[round % 3], &prng);
        assert_true(compare_audits(&image, &feed, &verdict));
        seen[verdict]++;
        tiny_image_free(&image);
    }
    assert_true(seen[VERDICT_CONSISTENT] > 20);
    assert_true(seen[VERDICT_LEAKS] > 20);
}

/* The audit reads nothing but the header then. */
static void tables_are_not_read_again(void **state)
{
    struct audit_feed feed = {0};
    const struct audit_options options = {.keep = 3, .atlas = true, .feed = &feed};
    struct audit *audit = test_malloc(sizeof(*audit));
    struct prng prng = {2};
    struct failure why = {0};
    struct tiny_image image;

    (void)state;
    tiny_image_init(&image, 1, 1, 300, 60);
    image.memory.grain = 0;
    tiny_image_set_l1(&image, 0, tiny_offset(2));
    tiny_image_set(&image, tiny_offset(2), 7, tiny_offset(4));
    feed_image(&feed, &image, &cuttings[1], &prng);
    image.memory.calls_left = 1;
    EXPECT_OK(audit_run(audit, &image.memory.source, &options, &why), &why);
    assert_int_equal(image.memory.calls_left, 0);
    assert_int_equal(audit->usage.valid_elements, 1);
    audit_free(audit);
    audit_feed_free(&feed);
    test_free(audit);
    tiny_image_free(&image);
}

/* One word that is wrong, or hits what another word has. */
static void one_flaw_is_left_to_the_walk(void **state)
{
    unsigned corrupt = 0;
    struct audit_feed feed = {0};
    struct prng prng = {3};

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        enum verdict verdict;
        struct tiny_image image;
        uint64_t place;
        bool enough;

        random_image_begin(&image, &prng);
        sound_image_build(&image, &prng);
        place = image.header.l1_table_offset + 8 * prng_below(&prng, 6 * image.geometry.nelems);
        if (place + 8 <= image.memory.stored)
            tiny_image_set(&image, place, 0, tiny_image_random_element(&image, &prng));
        feed_image(&feed, &image, &cuttings[round % COUNT_OF(cuttings)], &prng);
        enough = compare_audits(&image, &feed, &verdict);
        assert_false(enough && verdict == VERDICT_CORRUPT);
        corrupt += verdict == VERDICT_CORRUPT;
        tiny_image_free(&image);
    }
    assert_in_range(corrupt, 300, 1400);
}

static void sick_images_make_no_difference(void **state)
{
    struct audit_feed feed = {0};
    struct prng prng = {4};

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        enum verdict verdict;
        struct tiny_image image;

        random_image_begin(&image, &prng);
        tiny_image_randomize(&image, &prng);
        if (prng_one_in(&prng, 20))
            image.memory.bytes[prng_below(&prng, QED_HEADER_SIZE)] ^= 1;
        feed_image(&feed, &image, &cuttings[round % COUNT_OF(cuttings)], &prng);
        compare_audits(&image, &feed, &verdict);
        tiny_image_free(&image);
    }
}

/* An L1 table that is not the first, as no qemu writes it. */
static void tables_before_l1_are_left_to_the_walk(void **state)
{
    struct audit_feed feed = {0};
    struct prng prng = {5};
    struct tiny_image image;
    enum verdict verdict;

    (void)state;
    tiny_image_init(&image, 1, 1, 6, 6);
    image.header.l1_table_offset = tiny_offset(3);
    tiny_image_update(&image);
    tiny_image_set_l1(&image, 0, tiny_offset(4));
    tiny_image_set(&image, tiny_offset(4), 0, tiny_offset(1));
    feed_image(&feed, &image, &cuttings[1], &prng);
    assert_true(compare_audits(&image, &feed, &verdict));
    tiny_image_set_l1(&image, 1, tiny_offset(2));
    tiny_image_set(&image, tiny_offset(2), 9, tiny_offset(5));
    feed_image(&feed, &image, &cuttings[1], &prng);
    assert_false(compare_audits(&image, &feed, &verdict));
    assert_int_equal(verdict, VERDICT_CONSISTENT);
    tiny_image_free(&image);
}

/* The last cluster of a table need not be there to its last byte, or can be a hole. */
static void file_ends_inside_a_table(void **state)
{
    struct audit_feed feed = {0};
    struct prng prng = {6};

    (void)state;
    for (uint64_t missing = 0; missing < 520; missing++) {
        struct tiny_image image;
        enum verdict verdict;

        tiny_image_init(&image, 1, 1, 5, 5);
        image.memory.grain = missing & 1 ? 8 : 0;
        tiny_image_set_l1(&image, 0, tiny_offset(4));
        tiny_image_set(&image, tiny_offset(4), 3, tiny_offset(3));
        tiny_image_set(&image, tiny_offset(4), 511, missing & 2 ? tiny_offset(2) : 0);
        image.memory.source.size -= missing;
        image.memory.stored -= missing;
        tiny_image_update(&image);
        feed_image(&feed, &image, &cuttings[missing % 3], &prng);
        compare_audits(&image, &feed, &verdict);
        tiny_image_free(&image);
    }
}

/* What a feed lacks, it does not make up; and it can begin again at any time. */
static void a_feed_can_be_cut_short(void **state)
{
    struct audit_feed feed = {0};
    struct tiny_image image;
    enum verdict verdict;

    (void)state;
    tiny_image_init(&image, 1, 1, 5, 5);
    assert_false(compare_audits(&image, &feed, &verdict));
    for (size_t size = 0; size < QED_HEADER_SIZE; size += 8) {
        audit_feed_begin(&feed, image.memory.source.size);
        audit_feed_take(&feed, 0, image.memory.bytes, size);
        audit_feed_end(&feed);
        assert_false(compare_audits(&image, &feed, &verdict));
    }
    audit_feed_begin(&feed, image.memory.source.size);
    audit_feed_take(&feed, 0, image.memory.bytes, QED_HEADER_SIZE);
    audit_feed_begin(&feed, image.memory.source.size);
    audit_feed_take(&feed, 0, image.memory.bytes, QED_HEADER_SIZE);
    audit_feed_end(&feed);
    assert_true(compare_audits(&image, &feed, &verdict));
    tiny_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_images_are_read_once),
        cmocka_unit_test(tables_are_not_read_again),
        cmocka_unit_test(one_flaw_is_left_to_the_walk),
        cmocka_unit_test(sick_images_make_no_difference),
        cmocka_unit_test(tables_before_l1_are_left_to_the_walk),
        cmocka_unit_test(file_ends_inside_a_table),
        cmocka_unit_test(a_feed_can_be_cut_short),
    };

    return cmocka_run_group_tests_name("audit_feed", tests, NULL, NULL);
}
