/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/survey_read.h"

#include "tests/unit/same_audit.h"
#include "tests/unit/sound_image.h"
#include "tests/unit/unit.h"

static struct audit *audit_in(struct tiny_image *image, bool in_order, unsigned jobs)
{
    const struct audit_options options = {
        .keep = 3, .in_order = in_order, .jobs = jobs, .atlas = true};
    struct audit *audit = test_malloc(sizeof(*audit));
    struct failure why = {0};

    EXPECT_OK(audit_run(audit, &image->memory.source, &options, &why), &why);
    return audit;
}

static void end_audit(struct audit *audit)
{
    audit_free(audit);
    test_free(audit);
}

static enum verdict compare_audits(struct tiny_image *image, unsigned jobs)
{
    struct audit *quick = audit_in(image, false, jobs), *slow = audit_in(image, true, 1);
    const char *difference = audit_difference(quick, slow);
    enum verdict verdict = slow->verdict;

    if (difference)
        fail_msg("%s", difference);
    end_audit(quick);
    end_audit(slow);
    return verdict;
}

/* Whether a survey by itself decides about an image. */
static bool decides(struct tiny_image *image)
{
    struct inventory inventory;
    struct survey survey;
    struct failure why = {0};
    bool decided;

    inventory_init(&inventory, &image->geometry);
    EXPECT_OK(survey_init(&survey, &image->geometry, image->header.l1_table_offset, &inventory,
                          NULL, &why),
              &why);
    decided = survey_read(&survey, &image->memory.source, 1);
    survey_free(&survey);
    inventory_free(&inventory);
    return decided;
}

static void sound_images_are_decided(void **state)
{
    unsigned seen[VERDICT_UNSUPPORTED + 1] = {0};
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        struct tiny_image image;

        random_image_begin(&image, &prng);
        sound_image_build(&image, &prng);
        assert_true(decides(&image));
        seen[compare_audits(&image, 1 + round % 3)]++;
        tiny_image_free(&image);
    }
    assert_true(seen[VERDICT_CONSISTENT] > 20);
    assert_true(seen[VERDICT_LEAKS] > 20);
    assert_int_equal(seen[VERDICT_CORRUPT], 0);
}

/* One word that is wrong, or hits what another word has: the survey must not decide. */
static void one_flaw_is_never_missed(void **state)
{
    unsigned corrupt = 0;
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        struct tiny_image image;
        uint64_t place, before;
        enum verdict verdict;

        random_image_begin(&image, &prng);
        sound_image_build(&image, &prng);
        place = tiny_offset(image.header.header_size) +
                8 * prng_below(&prng, 6 * image.geometry.nelems);
        if (place + 8 <= image.memory.stored) {
            before = tiny_image_get(&image, place, 0);
            tiny_image_set(&image, place, 0,
                           prng_one_in(&prng, 2) ? tiny_image_random_element(&image, &prng)
                                                 : tiny_offset(prng_below(&prng, 60)));
            if (before && prng_one_in(&prng, 4))
                tiny_image_set(&image, place, 0, before + 512);
        }
        verdict = compare_audits(&image, 1);
        assert_int_equal(decides(&image), verdict != VERDICT_CORRUPT);
        corrupt += verdict == VERDICT_CORRUPT;
        tiny_image_free(&image);
    }
    assert_in_range(corrupt, 300, 1400);
}

static void sick_images_are_walked(void **state)
{
    struct prng prng = {3};

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        struct tiny_image image;

        random_image_begin(&image, &prng);
        tiny_image_randomize(&image, &prng);
        compare_audits(&image, 1 + round % 2);
        tiny_image_free(&image);
    }
}

/* The L1 table is read first, wherever it is: what lies before it is not passed over. */
static void tables_before_their_pointers(void **state)
{
    struct tiny_image image;

    (void)state;
    tiny_image_init(&image, 1, 1, 12, 12);
    image.header.l1_table_offset = tiny_offset(11);
    tiny_image_update(&image);
    image.memory.grain = 512;
    tiny_image_set_l1(&image, 0, tiny_offset(3));
    tiny_image_set(&image, tiny_offset(3), 5, tiny_offset(7));
    tiny_image_set(&image, tiny_offset(3), 300, QED_ZERO_CLUSTER);
    assert_int_equal(compare_audits(&image, 1), VERDICT_LEAKS);
    tiny_image_set(&image, tiny_offset(3), 400, 7);
    assert_int_equal(compare_audits(&image, 1), VERDICT_CORRUPT);
    tiny_image_free(&image);
}

/* The two audits of an image read it one after the other: what the first lost the second knows. */
static void unreadable_elements_are_left_to_the_walk(void **state)
{
    unsigned unreadable = 0;
    struct prng prng = {7};

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct tiny_image image;
        uint64_t size = prng_below(&prng, 3 * TINY_CLUSTER);

        random_image_begin(&image, &prng);
        sound_image_build(&image, &prng);
        image.memory.lost = (struct extent){TINY_CLUSTER + prng_below(&prng, 20000), size};
        unreadable += compare_audits(&image, 1 + round % 2) == VERDICT_UNREADABLE;
        extents_free(&image.memory.source.unreadable);
        tiny_image_free(&image);
    }
    assert_true(unreadable > 100);
}

/* The last cluster of a table need not be there to its last byte, or can be a hole. */
static void file_ends_inside_a_table(void **state)
{
    (void)state;
    for (uint64_t missing = 0; missing < 520; missing++) {
        for (unsigned variant = 0; variant < 8; variant++) {
            struct tiny_image image;

            tiny_image_init(&image, 1, 1, 5, 5);
            image.memory.grain = variant & 1 ? 8 : 0;
            if (variant & 2)
                image.memory.source.kind = &memory_source_quick_kind;
            tiny_image_set_l1(&image, 0, tiny_offset(4));
            tiny_image_set(&image, tiny_offset(4), 3, tiny_offset(3));
            if (variant & 4)
                tiny_image_set(&image, tiny_offset(4), 511, tiny_offset(2));
            image.memory.source.size -= missing;
            image.memory.stored -= missing;
            tiny_image_update(&image);
            compare_audits(&image, 1);
            tiny_image_free(&image);
        }
    }
}

/* An L1 table that is the last of all tables, as no qemu writes it. */
static void l1_lies_behind_a_table(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 4; variant++) {
        struct tiny_image image;

        tiny_image_init(&image, 1, 1, 5, 5);
        image.memory.grain = variant & 1 ? 8 : 0;
        if (variant & 2)
            image.memory.source.kind = &memory_source_quick_kind;
        image.header.l1_table_offset = tiny_offset(3);
        tiny_image_update(&image);
        tiny_image_set_l1(&image, 0, tiny_offset(1));
        tiny_image_set(&image, tiny_offset(1), 7, tiny_offset(2));
        tiny_image_set(&image, tiny_offset(1), 300, tiny_offset(4));
        assert_true(decides(&image));
        assert_int_equal(compare_audits(&image, 1), VERDICT_CONSISTENT);
        tiny_image_free(&image);
    }
}

/* Tables enough for several threads. */
static void threads_make_no_difference(void **state)
{
    const uint32_t cluster_size = 65536, tables = 20;
    uint64_t clusters = 70000, table_size = 16 * cluster_size, next = 17 + 16 * tables;
    struct tiny_image image = {.clusters = clusters};
    struct prng prng = {4};

    (void)state;
    memory_source_init(&image.memory, clusters * cluster_size, (size_t)next * cluster_size);
    image.memory.source.kind = &memory_source_quick_kind;
    image.memory.grain = 0;
    image.header = (struct header){.magic = QED_MAGIC,
                                   .cluster_size = cluster_size,
                                   .table_size = 16,
                                   .header_size = 1,
                                   .l1_table_offset = cluster_size,
                                   .image_size = UINT64_C(1) << 40};
    tiny_image_update(&image);
    for (uint64_t table = 0; table < tables; table++) {
        uint64_t offset = (1 + 16 * (table + 1)) * cluster_size;

        tiny_image_set_l1(&image, table, offset);
        for (uint64_t i = 0; i < image.geometry.nelems && next < clusters - 5; i++) {
            if (!prng_one_in(&prng, 33))
                tiny_image_set(&image, offset, i, next++ * cluster_size);
        }
    }
    assert_true(tables * table_size > UINT64_C(16) << 20);
    for (unsigned jobs = 1; jobs < 6; jobs++) {
        assert_true(decides(&image));
        assert_int_equal(compare_audits(&image, jobs), VERDICT_LEAKS);
    }
    tiny_image_set(&image, 17 * cluster_size, 5, 18 * cluster_size);
    assert_int_equal(compare_audits(&image, 3), VERDICT_CORRUPT);
    tiny_image_free(&image);
}

/* What is read is what the tables need, and a source that fails leaves it to the walk to tell. */
static void failing_source_decides_nothing(void **state)
{
    struct prng prng = {5};

    (void)state;
    for (uint64_t calls = 0; calls < 6; calls++) {
        struct tiny_image image;

        tiny_image_init(&image, 1, 1, 300, 60);
        image.memory.most = 8 * 64;
        image.memory.grain = 0;
        tiny_image_set_l1(&image, 0, tiny_offset(2));
        tiny_image_set(&image, tiny_offset(2), prng_below(&prng, 512), tiny_offset(4));
        image.memory.calls_left = calls;
        assert_false(decides(&image));
        image.memory.calls_left = 0;
        image.memory.source.kind = &memory_source_quick_kind;
        assert_false(decides(&image));
        image.memory.calls_left = 100;
        assert_true(decides(&image));
        tiny_image_free(&image);
    }
}

/* Tables fed from memory in any order, by several surveyors that take turns. */
static void feed(struct tiny_image *image, struct surveyor *surveyor, struct survey_table *table,
                 struct prng *prng)
{
    struct failure why = {0};

    surveyor_begin(surveyor, table);
    for (uint64_t at = 0, count; at < image->geometry.nelems; at += count) {
        count = 1 + prng_below(prng, prng_one_in(prng, 3) ? 9 : 5000);
        if (count > image->geometry.nelems - at)
            count = image->geometry.nelems - at;
        EXPECT_OK(surveyor_words(surveyor, image->memory.bytes + table->offset + at * 8,
                                 (size_t)count, &why),
                  &why);
        surveyor_hole(surveyor, 0);
    }
    surveyor_end(surveyor);
}

static void survey_from_memory(struct tiny_image *image, struct survey *survey,
                               struct inventory *inventory, struct prng *prng)
{
    struct surveyor *surveyors = test_calloc(3, sizeof(*surveyors));
    uint64_t l1 = image->header.l1_table_offset;
    struct failure why = {0};

    EXPECT_OK(survey_init(survey, &image->geometry, l1, inventory, NULL, &why), &why);
    EXPECT_OK(survey_pointers(survey, 0, image->memory.bytes + l1, image->geometry.nelems, &why),
              &why);
    assert_false(survey_conflicts(survey));
    survey_list(survey);
    for (unsigned i = 0; i < 3; i++)
        EXPECT_OK(surveyor_init(&surveyors[i], survey, &why), &why);
    for (size_t i = 0, start = prng_below(prng, 9); i < survey->count; i++)
        feed(image, &surveyors[prng_below(prng, 3)], &survey->tables[(start + i) % survey->count],
             prng);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(survey_join(survey, &surveyors[i], &why), &why);
        surveyor_free(&surveyors[i]);
    }
    survey_finish(survey);
    test_free(surveyors);
}

static void tables_come_in_any_order(void **state)
{
    struct prng prng = {6};

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct tiny_image image;
        struct inventory inventory;
        struct survey survey;
        struct audit *audit;

        random_image_begin(&image, &prng);
        sound_image_build(&image, &prng);
        audit = audit_in(&image, true, 1);
        inventory_init(&inventory, &image.geometry);
        survey_from_memory(&image, &survey, &inventory, &prng);
        assert_false(survey_conflicts(&survey));
        assert_int_equal(survey.leaks, audit->leaks);
        assert_memory_equal(&survey.usage, &audit->usage, offsetof(struct usage, state));
        survey_free(&survey);
        inventory_free(&inventory);
        end_audit(audit);
        tiny_image_free(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_images_are_decided),
        cmocka_unit_test(one_flaw_is_never_missed),
        cmocka_unit_test(sick_images_are_walked),
        cmocka_unit_test(tables_before_their_pointers),
        cmocka_unit_test(unreadable_elements_are_left_to_the_walk),
        cmocka_unit_test(file_ends_inside_a_table),
        cmocka_unit_test(l1_lies_behind_a_table),
        cmocka_unit_test(threads_make_no_difference),
        cmocka_unit_test(failing_source_decides_nothing),
        cmocka_unit_test(tables_come_in_any_order),
    };

    return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
