/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/walk.h"

#include "tests/unit/naive_check.h"
#include "tests/unit/unit.h"

/* What a walk tells, summed up. */
struct sums {
    uint64_t corruptions, leaks, allocated, tables, elements;
};

static void sum_step(struct sums *sums, const struct walk_step *step)
{
    switch (step->event) {
    case WALK_BAD_POINTERS:
        assert_int_equal(step->run.class, ELEMENT_INVALID);
        sums->corruptions += step->run.count;
        break;
    case WALK_SHARED_TABLE:
        assert_true(step->taken > 0);
        sums->corruptions += step->taken;
        break;
    case WALK_TABLE:
        sums->tables++;
        break;
    case WALK_ELEMENTS:
        sums->elements += step->run.count;
        if (step->run.class == ELEMENT_VALID || step->run.class == ELEMENT_INVALID)
            sums->allocated += step->run.count;
        if (step->run.class == ELEMENT_INVALID || step->duplicate)
            sums->corruptions += step->run.count;
        break;
    }
}

/* The words of a step are those of the table it names. */
static void check_step(const struct tiny_image *image, const struct walk_step *step)
{
    uint64_t table = image->header.l1_table_offset, index = step->l1_index;

    if (step->event == WALK_ELEMENTS) {
        assert_int_equal(tiny_image_get(image, table, index), step->table_offset);
        table = step->table_offset;
        index = step->run.index;
    }
    if (step->event == WALK_ELEMENTS && step->run.class != ELEMENT_INVALID &&
        step->run.class != ELEMENT_VALID)
        return;
    if (step->event == WALK_ELEMENTS || step->event == WALK_BAD_POINTERS)
        assert_int_equal(tiny_image_get(image, table, index), step->run.value);
    else
        assert_int_equal(tiny_image_get(image, table, index), step->table_offset);
}

static void walk_all(struct tiny_image *image, enum walk_numbering numbering, struct sums *sums)
{
    struct failure why = {0};
    struct walk walk;
    int more;

    *sums = (struct sums){0};
    EXPECT_OK(walk_init(&walk, &image->memory.source, &image->geometry,
                        image->header.l1_table_offset, numbering, &why),
              &why);
    sums->corruptions = walk.l1_taken;
    while ((more = walk_next(&walk, &why)) > 0) {
        check_step(image, &walk.step);
        sum_step(sums, &walk.step);
    }
    assert_int_equal(more, 0);
    sums->leaks = walk_leaks(&walk);
    walk_free(&walk);
}

static void compare(struct tiny_image *image, enum walk_numbering numbering)
{
    struct naive_check naive;
    struct sums sums;

    naive_check_run(&naive, image, numbering == WALK_QEMU);
    walk_all(image, numbering, &sums);
    assert_int_equal(sums.corruptions, naive.corruptions);
    assert_int_equal(sums.leaks, naive.leaks);
    assert_int_equal(sums.allocated, naive.allocated);
    assert_int_equal(sums.tables, naive.tables);
    assert_int_equal(sums.elements, naive.tables * image->geometry.nelems);
}

static void compare_random(struct prng *prng, uint64_t least, uint64_t more)
{
    uint32_t table_size = 1u << prng_below(prng, 3);
    uint32_t header_size = (uint32_t)prng_below(prng, 3);
    uint64_t clusters = least + prng_below(prng, more);
    struct tiny_image image;

    tiny_image_init(&image, table_size, header_size, clusters, clusters);
    image.header.l1_table_offset += prng_one_in(prng, 3) ? tiny_offset(prng_below(prng, 4)) : 0;
    image.memory.grain = UINT64_C(8) << prng_below(prng, 10);
    tiny_image_randomize(&image, prng);
    compare(&image, WALK_TRUE);
    compare(&image, WALK_QEMU);
    tiny_image_free(&image);
}

static void small_images_equal_naive_check(void **state)
{
    struct prng prng = {1};

    (void)state;
    for (unsigned round = 0; round < 1500; round++)
        compare_random(&prng, 12, 40);
}

/* Past the clusters where qemu's numbers leave one out. */
static void large_images_equal_naive_check(void **state)
{
    struct prng prng = {2};

    (void)state;
    for (unsigned round = 0; round < 150; round++)
        compare_random(&prng, 4090, 4200);
}

static void file_cut_anywhere(void **state)
{
    struct prng prng = {3};

    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct tiny_image image;

        tiny_image_init(&image, 2, 1, 24, 24);
        tiny_image_randomize(&image, &prng);
        image.memory.source.size -= prng_below(&prng, tiny_offset(20));
        image.memory.stored = image.memory.source.size;
        tiny_image_update(&image);
        compare(&image, WALK_TRUE);
        compare(&image, WALK_QEMU);
        tiny_image_free(&image);
    }
}

/* However many elements point at a table, it is read once. */
static void shared_table_is_read_once(void **state)
{
    struct tiny_image image;
    struct sums sums;

    (void)state;
    tiny_image_init(&image, 2, 1, 8, 8);
    for (uint64_t index = 0; index < image.geometry.nelems; index++)
        tiny_image_set_l1(&image, index, tiny_offset(3));
    tiny_image_set(&image, tiny_offset(3), 0, tiny_offset(5));
    walk_all(&image, WALK_TRUE, &sums);
    assert_int_equal(sums.tables, 1);
    assert_int_equal(sums.elements, image.geometry.nelems);
    assert_int_equal(sums.corruptions, 2 * (image.geometry.nelems - 1));
    assert_int_equal(sums.leaks, 2);
    tiny_image_free(&image);
}

/* A sound image one cluster short of qemu's first phantom leak, and one with it. */
static void phantom_leaks(void **state)
{
    (void)state;
    for (uint64_t clusters = 4094; clusters <= 4096; clusters++) {
        struct tiny_image image;
        struct sums sums;

        tiny_image_init(&image, 8, 1, clusters, 17);
        tiny_image_set_l1(&image, 0, tiny_offset(9));
        for (uint64_t i = 17; i < clusters; i++)
            tiny_image_set(&image, tiny_offset(9), i - 17, tiny_offset(i));
        walk_all(&image, WALK_TRUE, &sums);
        assert_int_equal(sums.corruptions + sums.leaks, 0);
        walk_all(&image, WALK_QEMU, &sums);
        assert_int_equal(sums.corruptions, 0);
        assert_int_equal(sums.leaks, clusters >= 4095);
        assert_int_equal(walk_numberings_agree(&image.geometry), clusters < 4095);
        tiny_image_free(&image);
    }
}

static void steps_follow_the_tables(void **state)
{
    struct tiny_image image;
    struct failure why = {0};
    struct walk walk;

    (void)state;
    tiny_image_init(&image, 1, 1, 8, 8);
    tiny_image_set_l1(&image, 3, 5);
    tiny_image_set_l1(&image, 9, tiny_offset(4));
    tiny_image_set_l1(&image, 10, tiny_offset(1));
    tiny_image_set(&image, tiny_offset(4), 0, tiny_offset(5));
    tiny_image_set(&image, tiny_offset(4), 1, tiny_offset(6));
    tiny_image_set(&image, tiny_offset(4), 2, tiny_offset(5));
    EXPECT_OK(
        walk_init(&walk, &image.memory.source, &image.geometry, tiny_offset(1), WALK_TRUE, &why),
        &why);
    assert_int_equal(walk_next(&walk, &why), 1);
    assert_int_equal(walk.step.event, WALK_BAD_POINTERS);
    assert_int_equal(walk.step.l1_index, 3);
    assert_int_equal(walk_next(&walk, &why), 1);
    assert_int_equal(walk.step.event, WALK_TABLE);
    assert_int_equal(walk.step.l1_index, 9);
    assert_int_equal(walk_next(&walk, &why), 1);
    assert_int_equal(walk.step.run.count, 2);
    assert_false(walk.step.duplicate);
    assert_int_equal(walk_next(&walk, &why), 1);
    assert_int_equal(walk.step.run.count, 1);
    assert_true(walk.step.duplicate);
    assert_int_equal(walk_next(&walk, &why), 1);
    assert_int_equal(walk.step.run.class, ELEMENT_UNALLOCATED);
    assert_int_equal(walk_next(&walk, &why), 1);
    assert_int_equal(walk.step.event, WALK_SHARED_TABLE);
    assert_int_equal(walk.step.taken, 1);
    assert_int_equal(walk_next(&walk, &why), 0);
    assert_int_equal(walk_leaks(&walk), 3);
    walk_free(&walk);
    tiny_image_free(&image);
}

/* Wherever the source fails, the walk does, and leaves nothing behind. */
static void failing_source_ends_the_walk(void **state)
{
    struct failure why = {0};

    (void)state;
    for (uint64_t calls = 0; calls < 3; calls++) {
        struct tiny_image image;
        struct walk walk;
        int more;

        tiny_image_init(&image, 1, 1, 8, 8);
        tiny_image_set_l1(&image, 0, tiny_offset(4));
        tiny_image_set(&image, tiny_offset(4), 0, tiny_offset(5));
        tiny_image_set(&image, tiny_offset(4), 9, tiny_offset(6));
        image.memory.calls_left = calls;
        EXPECT_OK(walk_init(&walk, &image.memory.source, &image.geometry, tiny_offset(1), WALK_TRUE,
                            &why),
                  &why);
        while ((more = walk_next(&walk, &why)) > 0)
            continue;
        EXPECT_FAILURE(more < 0, &why, "out of calls");
        walk_free(&walk);
        tiny_image_free(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_images_equal_naive_check),
        cmocka_unit_test(large_images_equal_naive_check),
        cmocka_unit_test(file_cut_anywhere),
        cmocka_unit_test(shared_table_is_read_once),
        cmocka_unit_test(phantom_leaks),
        cmocka_unit_test(steps_follow_the_tables),
        cmocka_unit_test(failing_source_ends_the_walk),
    };

    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
