/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "bugreport/unpack/image_store.h"
#include "tests/unit/tiny_image.h"

#define KIB ((uint64_t)1024)

/* Any range reads as what was put in, and as zeros where there is a hole. */
static void any_range_reads_back(void **state)
{
    struct extent list[] = {{0, 512}, {4 * KIB, 8 * KIB}, {100 * KIB, 4 * KIB}, {1000 * KIB, 700}};
    const struct extents ranges = {list, 4, 4};
    uint64_t size = 1000 * KIB + 700;
    unsigned char *flat = calloc(1, size);
    struct prng prng = {.state = 1};
    struct image_store store;
    struct failure why = {0};

    (void)state;
    EXPECT_OK(image_store_init(&store, size, &ranges, true, &why), &why);
    for (size_t i = 0; i < 4; i++) {
        for (uint64_t n = 0; n < list[i].size; n += 4) {
            unsigned char bytes[4];

            for (size_t b = 0; b < 4; b++)
                flat[list[i].offset + n + b] = bytes[b] = (unsigned char)prng_next(&prng);
            EXPECT_OK(image_store_add(&store, bytes, 4, &why), &why);
        }
    }
    assert_int_equal(store.used, extents_total(&ranges));
    for (int i = 0; i < 20000; i++) {
        uint64_t offset = prng_below(&prng, size);
        size_t most = size - offset < SOURCE_CHUNK ? (size_t)(size - offset) : SOURCE_CHUNK;
        size_t part = 1 + (size_t)prng_below(&prng, i % 2 ? most : 9);
        const unsigned char *bytes;

        part = part > most ? most : part;
        bytes = source_range(&store.source, offset, part, &why);
        assert_non_null(bytes);
        assert_memory_equal(bytes, flat + offset, part);
    }
    image_store_free(&store);
    free(flat);
}

static void data_are_the_ranges(void **state)
{
    struct extent list[] = {{512, 512}, {4096, 512}}, data;
    const struct extents ranges = {list, 2, 2};
    struct image_store store;
    struct failure why = {0};

    (void)state;
    EXPECT_OK(image_store_init(&store, 1 << 20, &ranges, true, &why), &why);
    assert_int_equal(source_data(&store.source, 0, 1 << 20, &data, &why), 1);
    assert_true(data.offset == 512 && data.size == 512);
    assert_int_equal(source_data(&store.source, 520, 600, &data, &why), 1);
    assert_true(data.offset == 520 && data.size == 80);
    assert_int_equal(source_data(&store.source, 1024, 4096, &data, &why), 0);
    assert_int_equal(source_data(&store.source, 1024, 4097, &data, &why), 1);
    assert_true(data.offset == 4096 && data.size == 1);
    assert_int_equal(source_data(&store.source, 4608, 1 << 20, &data, &why), 0);
    image_store_free(&store);
}

static void nothing_at_all(void **state)
{
    const struct extents none = {NULL, 0, 0};
    struct image_store store;
    struct extent data;
    struct failure why = {0};

    (void)state;
    EXPECT_OK(image_store_init(&store, 4096, &none, true, &why), &why);
    assert_int_equal(source_data(&store.source, 0, 4096, &data, &why), 0);
    assert_non_null(source_range(&store.source, 0, 4096, &why));
    image_store_free(&store);
}

/* A feed sees the image at the places where its data belong. */
static void feeds_are_fed(void **state)
{
    struct extent list[] = {{0, 512}, {4 * KIB, 512}, {8 * KIB, 512}};
    const struct extents ranges = {list, 3, 3};
    struct audit_feed feed = {0};
    struct image_store store;
    struct tiny_image image;
    struct failure why = {0};

    (void)state;
    tiny_image_init(&image, 1, 1, 5, 5);
    tiny_image_set_l1(&image, 3, tiny_offset(2));
    tiny_image_set(&image, tiny_offset(2), 9, tiny_offset(4));
    EXPECT_OK(image_store_init(&store, 20 * KIB, &ranges, false, &why), &why);
    image_store_feed(&store, &feed);
    for (size_t i = 0; i < COUNT_OF(list); i++)
        EXPECT_OK(image_store_add(&store, image.memory.bytes + list[i].offset, 512, &why), &why);
    EXPECT_OK(image_store_end(&store, &why), &why);
    assert_int_equal(feed.stage, AUDIT_FEED_DONE);
    assert_int_equal(feed.survey.usage.valid_elements, 1);
    assert_int_equal(feed.survey.leaks, 1);
    audit_feed_free(&feed);
    image_store_free(&store);
    tiny_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_range_reads_back), cmocka_unit_test(data_are_the_ranges),
        cmocka_unit_test(nothing_at_all), cmocka_unit_test(feeds_are_fed)};

    return cmocka_run_group_tests_name("image_store", tests, NULL, NULL);
}
