/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/scrub.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

/* What the copy of an image looks like, by examples made by hand. */
struct policy_test {
    struct tiny_image image;
    struct audit *audit;
    struct scrub scrub;
};

#define L1 tiny_offset(1)
#define L2 tiny_offset(2)

static void begin(struct policy_test *test, uint32_t header_size)
{
    tiny_image_init(&test->image, 2, header_size, 20, 20);
    test->audit = test_malloc(sizeof(*test->audit));
    *test->audit = (struct audit){0};
    test->scrub = (struct scrub){0};
}

static void scrub_now(struct policy_test *test, bool keep_name, bool faithful)
{
    const struct audit_options audit_options = {.keep = 3};
    const struct scrub_options options = {.keep_backing_name = keep_name, .faithful = faithful};
    struct failure why = {0};

    scrub_free(&test->scrub);
    audit_free(test->audit);
    tiny_image_update(&test->image);
    EXPECT_OK(audit_run(test->audit, &test->image.memory.source, &audit_options, &why), &why);
    assert_true(audit_can_copy(test->audit));
    EXPECT_OK(scrub_init(&test->scrub, &test->image.memory.source, test->audit, &options, &why),
              &why);
}

static void end(struct policy_test *test)
{
    scrub_free(&test->scrub);
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

static uint64_t word_at(struct policy_test *test, uint64_t table, uint64_t index)
{
    struct failure why = {0};
    const unsigned char *bytes =
        source_range(&test->scrub.source, table + 8 * index, QED_ELEMENT_SIZE, &why);

    assert_non_null(bytes);
    return bytes_load64(bytes);
}

static void header_of_copy(struct policy_test *test, struct header *header)
{
    struct failure why = {0};

    EXPECT_OK(header_read(&test->scrub.source, header, &why), &why);
}

static void only_explained_bits_stay_in_the_header(void **state)
{
    struct policy_test test;
    struct header header;

    (void)state;
    begin(&test, 1);
    test.image.header.features = QED_FEATURES_KNOWN;
    test.image.header.compat_features = UINT64_C(0x4141414141414141);
    test.image.header.autoclear_features = UINT64_C(0x4242424242424242);
    test.image.header.backing_filename_offset = 200;
    test.image.header.backing_filename_size = 9;
    memcpy(test.image.memory.bytes + 200, "secret.im", 9);
    scrub_now(&test, false, true);
    header_of_copy(&test, &header);
    assert_int_equal(header.features, QED_F_NEED_CHECK);
    assert_int_equal(header.compat_features, 0);
    assert_int_equal(header.autoclear_features, 0);
    assert_int_equal(header.backing_filename_offset, 0);
    assert_int_equal(header.backing_filename_size, 0);
    assert_int_equal(header.image_size, test.image.header.image_size);
    assert_int_equal(header.l1_table_offset, test.image.header.l1_table_offset);
    assert_false(test.scrub.backing_name_kept);
    for (uint64_t i = 8; i < TINY_CLUSTER / 8; i++)
        assert_int_equal(word_at(&test, 0, i), 0);
    end(&test);
}

static void kept_name_moves_behind_the_header(void **state)
{
    struct policy_test test;
    struct header header;
    struct failure why = {0};
    char name[HEADER_MAX_NAME + 1];

    (void)state;
    begin(&test, 1);
    test.image.header.features = QED_F_BACKING_FILE | QED_F_BACKING_FORMAT_NO_PROBE;
    test.image.header.backing_filename_offset = 1000;
    test.image.header.backing_filename_size = 600;
    memset(test.image.memory.bytes + 900, 'x', 1000);
    memset(test.image.memory.bytes + 1000, 'n', 590);
    test.image.memory.bytes[1590] = '\0';
    scrub_now(&test, true, false);
    header_of_copy(&test, &header);
    assert_int_equal(header.features, test.image.header.features);
    assert_int_equal(header.backing_filename_offset, QED_HEADER_SIZE);
    assert_int_equal(header.backing_filename_size, 590);
    assert_int_equal(header_backing_name(&header, &test.scrub.source, name, &why), 590);
    assert_int_equal(strspn(name, "n"), 590);
    assert_true(test.scrub.backing_name_kept);
    assert_int_equal(test.scrub.head_size, 1024);
    assert_int_equal(bytes_load64(source_range(&test.scrub.source, 656, 8, &why)), 0);
    scrub_now(&test, false, true);
    header_of_copy(&test, &header);
    assert_int_equal(header.features, 0);
    end(&test);
}

/* The longest name that fits behind the header, and one that does not. */
static void name_without_room_is_dropped(void **state)
{
    const uint32_t room = TINY_CLUSTER - QED_HEADER_SIZE;

    (void)state;
    for (uint32_t size = room - 1; size <= room + 1; size++) {
        struct policy_test test;

        begin(&test, 1);
        test.image.header.features = QED_F_BACKING_FILE;
        test.image.header.backing_filename_offset = TINY_CLUSTER - size;
        test.image.header.backing_filename_size = size;
        tiny_image_update(&test.image);
        memset(test.image.memory.bytes + QED_HEADER_SIZE, 'n', room);
        scrub_now(&test, true, false);
        assert_int_equal(test.scrub.backing_name_kept, size <= room);
        assert_true(test.scrub.head_size <= TINY_CLUSTER);
        end(&test);
    }
}

static void words_of_l2(void **state)
{
    const uint64_t cs = TINY_CLUSTER, eof = tiny_offset(20);
    const struct {
        uint64_t in, out;
    } words[] = {
        {0, 0},
        {1, 1},
        {tiny_offset(10), tiny_offset(10)},
        {2, STANDIN_MARKER},
        {UINT64_MAX, STANDIN_MARKER},
        {0x4141414141414141, STANDIN_MARKER},
        {0x4141414141414141 + cs, STANDIN_MARKER + cs},
        {0, 0},
        {1, 1},
        {0x4141414141414141 + 2 * cs, STANDIN_MARKER + 2 * cs},
        {0x4141414141414141 + 4 * cs, STANDIN_MARKER},
        {tiny_offset(1), STANDIN_MARKER},
        {tiny_offset(19), tiny_offset(19)},
        {eof, eof},
        {eof + cs, eof + cs},
        {eof + cs, STANDIN_MARKER},
        {tiny_offset(11), tiny_offset(11)},
        {eof + 2 * cs, STANDIN_MARKER},
    };
    struct policy_test test;

    (void)state;
    begin(&test, 2);
    tiny_image_set(&test.image, tiny_offset(2), 0, tiny_offset(4));
    for (size_t i = 0; i < COUNT_OF(words); i++)
        tiny_image_set(&test.image, tiny_offset(4), i, words[i].in);
    scrub_now(&test, false, true);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_int_equal(word_at(&test, tiny_offset(4), i), words[i].out);
    end(&test);
}

/* L1 has no relation to keep: every invalid word becomes the plain marker. */
static void words_of_l1(void **state)
{
    struct policy_test test;

    (void)state;
    begin(&test, 1);
    tiny_image_set_l1(&test.image, 0, 1);
    tiny_image_set_l1(&test.image, 1, L2 + TINY_CLUSTER);
    tiny_image_set_l1(&test.image, 2, 5);
    tiny_image_set_l1(&test.image, 3, 5 + TINY_CLUSTER);
    tiny_image_set_l1(&test.image, 4, tiny_offset(19));
    scrub_now(&test, false, true);
    assert_int_equal(word_at(&test, L1, 0), STANDIN_MARKER);
    assert_int_equal(word_at(&test, L1, 1), L2 + TINY_CLUSTER);
    assert_int_equal(word_at(&test, L1, 2), STANDIN_MARKER);
    assert_int_equal(word_at(&test, L1, 3), STANDIN_MARKER);
    assert_int_equal(word_at(&test, L1, 4), STANDIN_MARKER);
    assert_int_equal(word_at(&test, L1, 5), 0);
    end(&test);
}

/* Table 4 is data of table 6 as well: stand-ins with the same counts take the place of its words.
 */
static void table_that_data_claim_is_not_believed(void **state)
{
    struct policy_test test;
    const struct table_ref *table;

    (void)state;
    begin(&test, 1);
    tiny_image_set_l1(&test.image, 0, tiny_offset(4));
    tiny_image_set_l1(&test.image, 1, tiny_offset(6));
    tiny_image_set(&test.image, tiny_offset(4), 100, tiny_offset(18));
    tiny_image_set(&test.image, tiny_offset(4), 200, 77);
    tiny_image_set(&test.image, tiny_offset(6), 0, tiny_offset(9));
    tiny_image_set(&test.image, tiny_offset(6), 1, tiny_offset(5));
    scrub_now(&test, false, false);
    assert_int_equal(word_at(&test, L1, 0), tiny_offset(4));
    assert_int_equal(word_at(&test, tiny_offset(4), 0), tiny_offset(3));
    assert_int_equal(word_at(&test, tiny_offset(4), 1), STANDIN_MARKER);
    assert_int_equal(word_at(&test, tiny_offset(4), 100), 0);
    assert_int_equal(word_at(&test, tiny_offset(4), 200), 0);
    assert_int_equal(word_at(&test, tiny_offset(6), 0), tiny_offset(9));
    assert_int_equal(word_at(&test, tiny_offset(6), 1), tiny_offset(5));
    table = inventory_find(&test.audit->inventory, tiny_offset(4));
    assert_int_equal(scrub_belief(&test.scrub, table)->reason, SUSPECT_SHARED);
    assert_false(scrub_may_tell(&test.scrub, tiny_offset(4), 100, 1));
    assert_true(scrub_may_tell(&test.scrub, tiny_offset(6), 1, 1));
    scrub_now(&test, false, true);
    assert_int_equal(word_at(&test, tiny_offset(4), 100), tiny_offset(18));
    assert_int_equal(word_at(&test, tiny_offset(4), 200), STANDIN_MARKER);
    assert_true(scrub_may_tell(&test.scrub, tiny_offset(4), 100, 1));
    end(&test);
}

/*
 * Three bad pointers, one at a table, one at the same and one at the L1 table: markers, and
 * pointers at a free place, where the stand-ins for the table's words are, and at the L1 table.
 */
static void suspect_pointers_point_elsewhere(void **state)
{
    struct policy_test test;
    struct scrub_forecast forecast;
    struct failure why = {0};

    (void)state;
    begin(&test, 1);
    for (uint64_t i = 0; i < 3; i++)
        tiny_image_set_l1(&test.image, 10 + i, 77 + i);
    tiny_image_set_l1(&test.image, 20, tiny_offset(12));
    tiny_image_set_l1(&test.image, 21, tiny_offset(12));
    tiny_image_set_l1(&test.image, 22, L1);
    tiny_image_set(&test.image, tiny_offset(12), 600, tiny_offset(15));
    tiny_image_set(&test.image, tiny_offset(12), 700, 99);
    tiny_image_set(&test.image, tiny_offset(12), 701, 99 + TINY_CLUSTER);
    scrub_now(&test, false, false);
    assert_int_equal(word_at(&test, L1, 0), tiny_offset(3));
    assert_int_equal(word_at(&test, L1, 1), L1);
    assert_int_equal(word_at(&test, L1, 2), L1);
    for (uint64_t i = 3; i < 6; i++)
        assert_int_equal(word_at(&test, L1, i), STANDIN_MARKER);
    assert_int_equal(word_at(&test, L1, 6), 0);
    assert_int_equal(word_at(&test, tiny_offset(3), 512), tiny_offset(5));
    assert_int_equal(word_at(&test, tiny_offset(3), 513), STANDIN_MARKER);
    assert_int_equal(word_at(&test, tiny_offset(3), 514), STANDIN_MARKER + TINY_CLUSTER);
    assert_int_equal(word_at(&test, tiny_offset(12), 600), 0);
    EXPECT_OK(scrub_predict(&test.scrub, &forecast, &why), &why);
    assert_true(qemu_same(&forecast.qemu, &test.audit->qemu));
    end(&test);
}

static void parts_of_the_source(void **state)
{
    struct policy_test test;
    const struct table_ref *table;
    const uint64_t all = tiny_offset(20);

    (void)state;
    begin(&test, 1);
    tiny_image_set_l1(&test.image, 0, tiny_offset(6));
    scrub_now(&test, false, true);
    assert_int_equal(scrub_part_end(&test.scrub, 0, all, &table), tiny_offset(1));
    assert_null(table);
    assert_int_equal(scrub_part_end(&test.scrub, tiny_offset(1), all, &table), tiny_offset(3));
    assert_int_equal(table->level, TABLE_L1);
    assert_int_equal(scrub_part_end(&test.scrub, tiny_offset(3), all, &table), tiny_offset(6));
    assert_null(table);
    assert_int_equal(scrub_part_end(&test.scrub, tiny_offset(7), all, &table), tiny_offset(8));
    assert_int_equal(table->level, TABLE_L2);
    assert_int_equal(scrub_part_end(&test.scrub, tiny_offset(8), all, &table), all);
    assert_int_equal(scrub_part_end(&test.scrub, tiny_offset(7), tiny_offset(7) + 8, &table),
                     tiny_offset(7) + 8);
    end(&test);
}

static void words_that_may_be_shown(void **state)
{
    const struct geometry geometry = {.cluster_size = 65536};
    const uint64_t limit = UINT64_C(1) << 46;

    (void)state;
    assert_true(scrub_may_show(&geometry, 1000, 0));
    assert_true(scrub_may_show(&geometry, 1000, limit - 65536));
    assert_false(scrub_may_show(&geometry, 1000, limit));
    assert_false(scrub_may_show(&geometry, 1000, 65537));
    assert_true(scrub_may_show(&geometry, 2 * limit, limit));
    assert_false(scrub_may_show(&geometry, 2 * limit, 2 * limit));
    assert_false(scrub_may_show(&geometry, 1000, UINT64_C(0x4141414141410000)));
    assert_int_not_equal(STANDIN_MARKER % QED_MIN_CLUSTER_SIZE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_explained_bits_stay_in_the_header),
        cmocka_unit_test(kept_name_moves_behind_the_header),
        cmocka_unit_test(name_without_room_is_dropped),
        cmocka_unit_test(words_of_l2),
        cmocka_unit_test(words_of_l1),
        cmocka_unit_test(table_that_data_claim_is_not_believed),
        cmocka_unit_test(suspect_pointers_point_elsewhere),
        cmocka_unit_test(parts_of_the_source),
        cmocka_unit_test(words_that_may_be_shown),
    };

    return cmocka_run_group_tests_name("scrub policy", tests, NULL, NULL);
}
