/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/atlas.h"

#include <string.h>

#include "qed/audit.h"
#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

static struct geometry geometry_of(uint64_t guest_clusters, uint64_t file_clusters)
{
    return (struct geometry){
        .cluster_size = 4096,
        .cluster_bits = 12,
        .nelems = 512,
        .file_end = file_clusters << 12,
        .file_clusters = file_clusters,
        .total_clusters = guest_clusters,
    };
}

static struct run valid_run(uint64_t file_cluster, uint32_t count)
{
    return (struct run){.class = ELEMENT_VALID, .count = count, .value = file_cluster << 12};
}

/* The sum of what a grid of the guest's view says. */
static struct atlas_guest guest_sum(const struct atlas *atlas)
{
    struct atlas_guest sum = {0};

    for (uint32_t i = 0; i < atlas->guest.cells; i++) {
        sum.data += atlas->guest_cells[i].data;
        sum.zero += atlas->guest_cells[i].zero;
        sum.invalid += atlas->guest_cells[i].invalid;
        sum.fragments += atlas->guest_cells[i].fragments;
    }
    return sum;
}

static uint64_t file_sum(const struct atlas *atlas, enum atlas_use use)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < atlas->file.cells; i++)
        sum += atlas->file_cells[use][i];
    return sum;
}

static uint64_t dot_sum(const struct atlas *atlas)
{
    uint64_t sum = 0;

    for (uint32_t column = 0; column < atlas->columns.cells; column++) {
        for (uint32_t row = 0; row < atlas->rows.cells; row++)
            sum += atlas->dots[column][row];
    }
    return sum;
}

/* The grid holds all clusters, and is at least half full unless there are fewer than cells. */
static void axes_fit(void **state)
{
    static const uint64_t sizes[] = {
        0, 1, 79, 80, 81, 511, 512, 513, 514, 999, 1024, 65537, UINT64_C(1) << 34};
    struct atlas atlas;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct geometry geometry = geometry_of(sizes[i], sizes[i]);

        atlas_init(&atlas, &geometry);
        assert_int_equal(atlas.guest.cells,
                         (sizes[i] + (UINT64_C(1) << atlas.guest.bits) - 1) >> atlas.guest.bits);
        assert_true(atlas.guest.cells <= ATLAS_CELLS && atlas.columns.cells <= ATLAS_COLUMNS &&
                    atlas.rows.cells <= ATLAS_ROWS);
        assert_true(atlas.guest.bits == 0 || atlas.guest.cells > ATLAS_CELLS / 2);
        assert_true(atlas.columns.bits == 0 || atlas.columns.cells > ATLAS_COLUMNS / 2);
        assert_int_equal(atlas_cell_size(&atlas, &atlas.guest), UINT64_C(4096) << atlas.guest.bits);
    }
}

static void last_cell_is_cut(void **state)
{
    struct geometry geometry = geometry_of(1025, 1);
    struct atlas atlas;

    (void)state;
    atlas_init(&atlas, &geometry);
    assert_int_equal(atlas.guest.cells, 257);
    assert_int_equal(atlas_cell_clusters(&atlas.guest, 0), 4);
    assert_int_equal(atlas_cell_clusters(&atlas.guest, 256), 1);
}

/* A run over many cells says in each what it holds there. */
static void a_run_is_spread_over_cells(void **state)
{
    struct geometry geometry = geometry_of(2048, 4096);
    struct run run = valid_run(10, 600);
    struct atlas atlas;

    (void)state;
    atlas_init(&atlas, &geometry); /* 4 clusters of the guest's view a cell, 8 of the file */
    atlas_add_run(&atlas, 6, &run, 1, false);
    assert_int_equal(atlas.guest_cells[0].data, 0);
    assert_int_equal(atlas.guest_cells[1].data, 2);
    assert_int_equal(atlas.guest_cells[1].fragments, 1);
    assert_int_equal(atlas.guest_cells[2].data, 4);
    assert_int_equal(atlas.guest_cells[2].fragments, 0);
    assert_int_equal(atlas.guest_cells[151].data, 2);
    assert_int_equal(atlas.file_cells[ATLAS_DATA][1], 6);
    assert_int_equal(atlas.file_cells[ATLAS_DATA][2], 8);
    assert_int_equal(atlas.file_cells[ATLAS_DATA][76], 2);
    /* Clusters 10 and 11 are in cell 1 of the file, 12 to 15 too. */
    assert_int_equal(atlas.guest_cells[1].places, 2 * 1);
    assert_int_equal(guest_sum(&atlas).data, 600);
    assert_int_equal(file_sum(&atlas, ATLAS_DATA), 600);
    assert_int_equal(dot_sum(&atlas), 600);
}

static void dots_stand_where_the_run_is(void **state)
{
    struct geometry geometry = geometry_of(80, 48);
    struct run run = valid_run(40, 3);
    struct atlas atlas;

    (void)state;
    atlas_init(&atlas, &geometry);
    atlas_add_run(&atlas, 7, &run, 0, true);
    assert_int_equal(atlas.dots[7][40], 1);
    assert_int_equal(atlas.dots[8][41], 1);
    assert_int_equal(atlas.dots[9][42], 1);
    assert_int_equal(dot_sum(&atlas), 3);
    assert_int_equal(atlas.file_cells[ATLAS_TWICE][40], 1);
    assert_int_equal(file_sum(&atlas, ATLAS_DATA), 0);
}

static void classes_are_told_apart(void **state)
{
    struct geometry geometry = geometry_of(100, 100);
    struct run zero = {.class = ELEMENT_ZERO, .count = 5, .value = 1};
    struct run hole = {.class = ELEMENT_UNALLOCATED, .count = 50};
    struct run beyond = {.class = ELEMENT_INVALID,
                         .reason = REASON_BEYOND_END,
                         .count = 2,
                         .value = UINT64_C(1) << 40};
    struct run unread = {.class = ELEMENT_UNREADABLE, .count = 5};
    struct atlas atlas;

    (void)state;
    atlas_init(&atlas, &geometry);
    atlas_add_run(&atlas, 0, &hole, 0, false);
    atlas_add_run(&atlas, 50, &zero, 0, false);
    atlas_add_run(&atlas, 60, &beyond, 1, false);
    atlas_add_run(&atlas, 98, &unread, 0, false);
    assert_int_equal(atlas.guest_cells[54].zero, 1);
    assert_int_equal(atlas.guest_cells[61].invalid, 1);
    assert_int_equal(guest_sum(&atlas).zero, 5);
    assert_int_equal(guest_sum(&atlas).invalid, 2);
    assert_int_equal(guest_sum(&atlas).fragments, 1);
    assert_int_equal(atlas.guest_cells[99].unreadable, 1);
    assert_int_equal(atlas.outside, 0);
    assert_int_equal(atlas.beyond, 2);
    assert_int_equal(dot_sum(&atlas), 0);
}

/* What lies past the end of the guest's view is in the file all the same. */
static void outside_is_counted_apart(void **state)
{
    struct geometry geometry = geometry_of(100, 1000);
    struct run run = valid_run(500, 20);
    struct atlas atlas;

    (void)state;
    atlas_init(&atlas, &geometry);
    atlas_add_run(&atlas, 95, &run, 1, false);
    atlas_add_run(&atlas, 200, &run, 1, true);
    assert_int_equal(guest_sum(&atlas).data, 5);
    assert_int_equal(atlas.outside, 35);
    assert_int_equal(file_sum(&atlas, ATLAS_DATA), 20);
    assert_int_equal(file_sum(&atlas, ATLAS_TWICE), 20);
}

static void add_random_run(struct atlas *atlas, struct prng *prng)
{
    struct run run = valid_run(prng_below(prng, 90000), 1 + (uint32_t)prng_below(prng, 9000));

    if (prng_one_in(prng, 4))
        run.class = ELEMENT_ZERO;
    atlas_add_run(atlas, prng_below(prng, 50000), &run, prng_one_in(prng, 2), false);
    atlas_add_clusters(atlas, ATLAS_L2, prng_below(prng, 90000) << 12, 1 + prng_below(prng, 16));
}

/* Two halves in either order are the whole. */
static void order_does_not_matter(void **state)
{
    struct geometry geometry = geometry_of(60000, 100000);
    struct prng prng, again;
    static struct atlas whole, first, second;

    (void)state;
    prng = (struct prng){7};
    again = prng;
    atlas_init(&whole, &geometry);
    atlas_init(&first, &geometry);
    atlas_init(&second, &geometry);
    for (int i = 0; i < 1000; i++) {
        add_random_run(&whole, &prng);
        add_random_run(i % 3 ? &first : &second, &again);
    }
    atlas_merge(&second, &first);
    assert_memory_equal(&whole, &second, sizeof(whole));
}

/* Of random sick images: the sums are the audit's figures. */
static void sums_are_the_audits(void **state)
{
    struct audit_options options = {.keep = 1, .atlas = true};
    struct failure why = {0};
    struct prng prng;

    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct tiny_image image;
        struct audit audit;

        prng = (struct prng){seed};
        tiny_image_init(&image, 2, 1, 40 + prng_below(&prng, 400), 40);
        tiny_image_randomize(&image, &prng);
        EXPECT_OK(audit_run(&audit, &image.memory.source, &options, &why), &why);
        assert_true(audit.walked);
        assert_int_equal(file_sum(audit.atlas, ATLAS_HEADER), 1);
        assert_int_equal(file_sum(audit.atlas, ATLAS_L1), 2);
        assert_int_equal(file_sum(audit.atlas, ATLAS_LEAKED), audit.leaks);
        assert_int_equal(file_sum(audit.atlas, ATLAS_TWICE), audit.duplicates);
        assert_int_equal(file_sum(audit.atlas, ATLAS_DATA) + file_sum(audit.atlas, ATLAS_L2) +
                             audit.leaks + 3,
                         image.clusters);
        assert_int_equal(guest_sum(audit.atlas).data + guest_sum(audit.atlas).zero +
                             guest_sum(audit.atlas).invalid,
                         audit.usage.image_clusters);
        assert_int_equal(audit.atlas->outside, audit.usage.beyond_clusters);
        assert_int_equal(dot_sum(audit.atlas), guest_sum(audit.atlas).data);
        audit_free(&audit);
        tiny_image_free(&image);
    }
}

static void no_atlas_unless_asked_for(void **state)
{
    struct audit_options options = {.keep = 1};
    struct tiny_image image;
    struct failure why = {0};
    struct audit audit;

    (void)state;
    tiny_image_init(&image, 2, 1, 10, 10);
    EXPECT_OK(audit_run(&audit, &image.memory.source, &options, &why), &why);
    assert_null(audit.atlas);
    audit_free(&audit);
    tiny_image_free(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_fit),
        cmocka_unit_test(last_cell_is_cut),
        cmocka_unit_test(a_run_is_spread_over_cells),
        cmocka_unit_test(dots_stand_where_the_run_is),
        cmocka_unit_test(classes_are_told_apart),
        cmocka_unit_test(outside_is_counted_apart),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(sums_are_the_audits),
        cmocka_unit_test(no_atlas_unless_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
