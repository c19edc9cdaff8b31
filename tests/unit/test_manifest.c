/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/manifest.h"

#include <stdlib.h>

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define HASH_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HASH_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* An image, its audit and its copy, for a manifest to account for. */
struct manifest_test {
    struct tiny_image image;
    struct audit *audit;
    struct scrub scrub;
};

static void scrub_now(struct manifest_test *test)
{
    const struct audit_options audit_options = {.keep = 3};
    const struct scrub_options options = {.keep_backing_name = false};
    struct failure why = {0};

    test->audit = test_malloc(sizeof(*test->audit));
    EXPECT_OK(audit_run(test->audit, &test->image.memory.source, &audit_options, &why), &why);
    EXPECT_OK(scrub_init(&test->scrub, &test->image.memory.source, test->audit, &options, &why),
              &why);
}

static void end(struct manifest_test *test)
{
    scrub_free(&test->scrub);
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

static json_t *parse(struct manifest *manifest)
{
    struct failure why = {0};
    char *text = manifest_text(manifest, &why);
    json_t *object;

    assert_non_null(text);
    object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    free(text);
    manifest_free(manifest);
    return object;
}

/* Enters the ranges of the copy as bundle does; every other one of its tables is rewritten. */
static json_t *account_for(struct manifest_test *test)
{
    struct manifest manifest;
    struct failure why = {0};

    EXPECT_OK(manifest_init(&manifest, &why), &why);
    for (size_t i = 0; i < test->scrub.ranges.count; i++)
        manifest_add_range(&manifest, &test->scrub, &test->scrub.ranges.list[i], i % 2 == 0);
    EXPECT_OK(manifest_end_image(&manifest, &test->scrub, HASH_A, HASH_B, &why), &why);
    return parse(&manifest);
}

static uint64_t total_of(json_t *object, const char *action)
{
    return (uint64_t)json_integer_value(json_object_get(json_object_get(object, "totals"), action));
}

/* From 0 to the end without a gap, and the totals are the sums. */
static void check_ranges(json_t *object, uint64_t size)
{
    static const char *const actions[] = {"kept", "rewritten", "dropped", "unreadable"};
    json_t *ranges = json_object_get(object, "ranges");
    uint64_t position = 0, sums[4] = {0};

    for (size_t i = 0; i < json_array_size(ranges); i++) {
        json_t *range = json_array_get(ranges, i);
        const char *action = json_string_value(json_array_get(range, 2));
        uint64_t length = (uint64_t)json_integer_value(json_array_get(range, 1));

        assert_int_equal(json_array_size(range), 4);
        assert_int_equal(json_integer_value(json_array_get(range, 0)), position);
        assert_true(length > 0);
        for (size_t n = 0; n < COUNT_OF(actions); n++)
            sums[n] += strcmp(actions[n], action) ? 0 : length;
        position += length;
    }
    assert_int_equal(position, size);
    assert_int_equal(sums[0] + sums[1] + sums[2] + sums[3], size);
    for (size_t n = 0; n < COUNT_OF(actions); n++)
        assert_int_equal(total_of(object, actions[n]), sums[n]);
}

static void random_copies_are_accounted_for(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct manifest_test test;
        uint64_t clusters = 16 + prng_below(&prng, 30);
        json_t *object, *image;

        tiny_image_init(&test.image, 1u << prng_below(&prng, 3), 1 + (uint32_t)prng_below(&prng, 2),
                        clusters, clusters);
        tiny_image_randomize(&test.image, &prng);
        test.image.memory.source.size -= prng_below(&prng, TINY_CLUSTER);
        test.image.memory.stored = test.image.memory.source.size;
        if (prng_one_in(&prng, 2))
            test.image.memory.lost =
                (struct extent){tiny_offset(1 + prng_below(&prng, clusters - 1)), TINY_CLUSTER / 2};
        scrub_now(&test);
        object = account_for(&test);
        image = json_object_get(object, "image");
        check_ranges(object, test.image.memory.source.size);
        assert_int_equal(json_integer_value(json_object_get(image, "size")),
                         test.image.memory.source.size);
        assert_int_equal(json_integer_value(json_object_get(image, "data-bytes")),
                         extents_total(&test.scrub.ranges));
        json_decref(object);
        end(&test);
    }
}

static void assert_range(json_t *ranges, size_t i, uint64_t cluster, const char *action,
                         const char *reason)
{
    json_t *range = json_array_get(ranges, i);

    assert_int_equal(json_integer_value(json_array_get(range, 0)), tiny_offset(cluster));
    assert_string_equal(json_string_value(json_array_get(range, 2)), action);
    assert_string_equal(json_string_value(json_array_get(range, 3)), reason);
}

/* Header, L1, a gap, a table whose first half is zeros, data. */
static void every_reason_is_told(void **state)
{
    struct manifest_test test;
    json_t *object, *ranges;

    (void)state;
    tiny_image_init(&test.image, 2, 1, 14, 14);
    tiny_image_set_l1(&test.image, 0, tiny_offset(4));
    tiny_image_set(&test.image, tiny_offset(4), 600, tiny_offset(11));
    scrub_now(&test);
    object = account_for(&test);
    ranges = json_object_get(object, "ranges");
    assert_int_equal(json_array_size(ranges), 8);
    assert_range(ranges, 0, 0, "rewritten", "header");
    assert_string_equal(json_string_value(json_array_get(json_array_get(ranges, 1), 3)),
                        "header-rest");
    assert_range(ranges, 2, 1, "kept", "table");
    assert_range(ranges, 3, 2, "kept", "table-zeros");
    assert_range(ranges, 4, 3, "dropped", "not-metadata");
    assert_range(ranges, 5, 4, "kept", "table-zeros");
    assert_range(ranges, 6, 5, "rewritten", "table");
    assert_range(ranges, 7, 6, "dropped", "not-metadata");
    json_decref(object);
    end(&test);
}

static void what_cannot_be_read_is_accounted_for(void **state)
{
    struct manifest_test test;
    json_t *object, *ranges;

    (void)state;
    tiny_image_init(&test.image, 2, 1, 14, 14);
    tiny_image_set_l1(&test.image, 0, tiny_offset(4));
    for (uint64_t i = 0; i < 1024; i++)
        tiny_image_set(&test.image, tiny_offset(4), i, tiny_offset(11));
    test.image.memory.lost = (struct extent){tiny_offset(5), TINY_CLUSTER};
    scrub_now(&test);
    object = account_for(&test);
    ranges = json_object_get(object, "ranges");
    check_ranges(object, tiny_offset(14));
    assert_range(ranges, 5, 4, "rewritten", "table");
    assert_range(ranges, 6, 5, "unreadable", "read-error");
    assert_range(ranges, 7, 6, "dropped", "not-metadata");
    assert_int_equal(total_of(object, "unreadable"), TINY_CLUSTER);
    json_decref(object);
    end(&test);
}

/* Where tables are that a garbage L1 table points at would tell of its words. */
static void tables_behind_suspect_pointers_are_not_told(void **state)
{
    struct manifest_test test;
    json_t *object, *ranges;

    (void)state;
    tiny_image_init(&test.image, 2, 1, 12, 12);
    for (uint64_t i = 0; i < 1024; i++)
        tiny_image_set_l1(&test.image, i, UINT64_C(0x2174736575472049));
    tiny_image_set_l1(&test.image, 0, tiny_offset(8));
    tiny_image_set(&test.image, tiny_offset(8), 0, tiny_offset(11));
    scrub_now(&test);
    object = account_for(&test);
    check_ranges(object, tiny_offset(12));
    ranges = json_object_get(object, "ranges");
    assert_int_equal(json_array_size(ranges), 4);
    assert_range(ranges, 2, 1, "kept", "table");
    assert_range(ranges, 3, 4, "dropped", "not-metadata");
    json_decref(object);
    end(&test);
}

static void members_have_digests(void **state)
{
    struct manifest manifest;
    struct failure why = {0};
    json_t *object, *members, *member;

    (void)state;
    EXPECT_OK(manifest_init(&manifest, &why), &why);
    EXPECT_OK(manifest_add_member(&manifest, "a.txt", "abc", 3, &why), &why);
    EXPECT_OK(manifest_add_member(&manifest, "b.txt", "", 0, &why), &why);
    manifest_drop_all(&manifest, 12345);
    object = parse(&manifest);
    check_ranges(object, 12345);
    members = json_object_get(object, "members");
    assert_int_equal(json_array_size(members), 2);
    member = json_array_get(members, 0);
    assert_string_equal(json_string_value(json_object_get(member, "name")), "a.txt");
    assert_int_equal(json_integer_value(json_object_get(member, "size")), 3);
    assert_string_equal(json_string_value(json_object_get(member, "sha256")),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(json_is_null(json_object_get(object, "image")));
    assert_string_equal(json_string_value(json_object_get(object, "schema")), MANIFEST_SCHEMA);
    json_decref(object);
}

/* No bytes, no range. */
static void empty_file_has_no_ranges(void **state)
{
    struct manifest manifest;
    struct failure why = {0};
    json_t *object;

    (void)state;
    EXPECT_OK(manifest_init(&manifest, &why), &why);
    manifest_drop_all(&manifest, 0);
    object = parse(&manifest);
    check_ranges(object, 0);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_copies_are_accounted_for),
        cmocka_unit_test(every_reason_is_told),
        cmocka_unit_test(tables_behind_suspect_pointers_are_not_told),
        cmocka_unit_test(members_have_digests),
        cmocka_unit_test(empty_file_has_no_ranges),
        cmocka_unit_test(what_cannot_be_read_is_accounted_for),
    };

    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
