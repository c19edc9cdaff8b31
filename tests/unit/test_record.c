/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/record.h"

#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define GUEST UINT64_C(0x2174736575472049) /* text, as a guest may have left it in a field */

struct record_test {
    struct tiny_image image;
    struct audit *audit;
    struct record record;
};

static void begin(struct record_test *test)
{
    tiny_image_init(&test->image, 2, 1, 20, 20);
    tiny_image_set_l1(&test->image, 0, tiny_offset(3));
    for (uint64_t cluster = 5; cluster < 15; cluster++)
        tiny_image_set(&test->image, tiny_offset(3), cluster, tiny_offset(cluster));
}

static void make(struct record_test *test)
{
    const struct audit_options options = {.keep = 10};
    struct failure why = {0};

    test->audit = test_malloc(sizeof(*test->audit));
    header_encode(&test->image.header, test->image.memory.bytes);
    EXPECT_OK(audit_run(test->audit, &test->image.memory.source, &options, &why), &why);
    EXPECT_OK(record_make(&test->record, test->audit, "image.qed", &why), &why);
}

static void end(struct record_test *test)
{
    record_free(&test->record);
    audit_free(test->audit);
    test_free(test->audit);
    tiny_image_free(&test->image);
}

static void figures_of_an_image(void **state)
{
    struct record_test test;
    const struct record *record = &test.record;

    (void)state;
    begin(&test);
    test.image.header.image_size = 1000 * TINY_CLUSTER;
    tiny_image_set(&test.image, tiny_offset(3), 20, 1);
    make(&test);
    assert_string_equal(record->filename, "image.qed");
    assert_int_equal(record->verdict, VERDICT_LEAKS);
    assert_true(record->has_figures && record->magic_ok);
    assert_int_equal(record->virtual_size, 1000 * TINY_CLUSTER);
    assert_int_equal(record->file_size, 20 * TINY_CLUSTER);
    assert_int_equal(record->leaks, 5);
    assert_int_equal(record->leaked_bytes, 5 * TINY_CLUSTER);
    assert_int_equal(record->total_clusters, 1000);
    assert_int_equal(record->allocated_clusters, 10);
    assert_int_equal(record->zero_clusters, 1);
    assert_int_equal(record->unallocated_clusters, 989);
    assert_int_equal(record->metadata_bytes, 5 * TINY_CLUSTER);
    assert_int_equal(record->runs, 1);
    assert_int_equal(record->longest_run, 10);
    assert_int_equal(record->median_run, 10);
    assert_int_equal(record->run_histogram[3], 1);
    assert_true(record->mean_run == 10.0 && record->allocated_percent == 1.0);
    assert_int_equal(record->actual_size, RECORD_UNKNOWN);
    end(&test);
}

/* A field that fails its check may hold anything, and is not told. */
static void unsound_header_fields_are_withheld(void **state)
{
    struct record_test test;

    (void)state;
    begin(&test);
    test.image.header.image_size = GUEST;
    make(&test);
    assert_int_equal(test.record.virtual_size, RECORD_UNKNOWN);
    assert_int_equal(test.record.cluster_size, TINY_CLUSTER);
    end(&test);
    begin(&test);
    test.image.header.l1_table_offset = GUEST;
    make(&test);
    assert_int_equal(test.record.l1_table_offset, RECORD_UNKNOWN);
    assert_false(test.record.has_figures);
    end(&test);
    begin(&test);
    test.image.header.cluster_size = (uint32_t)GUEST;
    make(&test);
    assert_int_equal(test.record.cluster_size, RECORD_UNKNOWN);
    assert_int_equal(test.record.virtual_size, RECORD_UNKNOWN);
    assert_int_equal(test.record.l1_table_offset, RECORD_UNKNOWN);
    end(&test);
    begin(&test);
    test.image.header.header_size = (uint32_t)GUEST;
    make(&test);
    assert_int_equal(test.record.header_size, RECORD_UNKNOWN);
    end(&test);
    begin(&test);
    test.image.header.table_size = (uint32_t)GUEST;
    make(&test);
    assert_int_equal(test.record.table_size, RECORD_UNKNOWN);
    end(&test);
}

/* Guest text all over the header: not one word of it is in the record. */
static void overwritten_header_tells_nothing(void **state)
{
    (void)state;
    for (int keep_magic = 0; keep_magic < 2; keep_magic++) {
        struct record_test test;
        struct header *header = &test.image.header;

        begin(&test);
        for (size_t at = 0; at < QED_HEADER_SIZE; at += 8)
            bytes_store64(test.image.memory.bytes + at, GUEST);
        header_decode(test.image.memory.bytes, header);
        header->magic = keep_magic ? QED_MAGIC : header->magic;
        make(&test);
        assert_int_equal(test.record.virtual_size, RECORD_UNKNOWN);
        assert_int_equal(test.record.cluster_size, RECORD_UNKNOWN);
        assert_int_equal(test.record.table_size, RECORD_UNKNOWN);
        assert_int_equal(test.record.l1_table_offset, RECORD_UNKNOWN);
        assert_int_equal(test.record.header_size, RECORD_UNKNOWN);
        assert_null(strstr(test.record.qemu.error, "47"));
        end(&test);
    }
}

/* Nor is a field told that was not judged, since another one left no way to. */
static void unjudged_header_fields_are_withheld(void **state)
{
    struct record_test test;

    (void)state;
    begin(&test);
    test.image.header.features = 8;
    test.image.header.image_size = GUEST;
    test.image.header.header_size = (uint32_t)GUEST;
    make(&test);
    assert_int_equal(test.record.virtual_size, RECORD_UNKNOWN);
    assert_int_equal(test.record.header_size, RECORD_UNKNOWN);
    end(&test);
    begin(&test);
    test.image.header.l1_table_offset++;
    test.image.header.header_size = (uint32_t)GUEST;
    make(&test);
    assert_int_equal(test.record.header_size, RECORD_UNKNOWN);
    end(&test);
}

/* Of unknown bits only the number is told, in qemu's message too. */
static void unknown_bits_are_counted(void **state)
{
    struct record_test test;

    (void)state;
    begin(&test);
    test.image.header.features = QED_F_NEED_CHECK | UINT64_C(0xf0);
    test.image.header.compat_features = UINT64_MAX;
    test.image.header.autoclear_features = 3;
    make(&test);
    assert_int_equal(test.record.features, QED_F_NEED_CHECK);
    assert_int_equal(test.record.unknown_feature_bits, 4);
    assert_int_equal(test.record.compat_bits, 64);
    assert_int_equal(test.record.autoclear_bits, 2);
    assert_string_equal(test.record.qemu.error, "Unsupported QED features");
    assert_true(test.record.dirty_flag);
    end(&test);
}

static void check_value(uint64_t value, bool shown)
{
    struct record_test test;
    const struct record_finding *found;

    begin(&test);
    tiny_image_set(&test.image, tiny_offset(3), 15, tiny_offset(15));
    tiny_image_set(&test.image, tiny_offset(3), 100, value);
    make(&test);
    for (found = test.record.findings; found->finding.kind != FINDING_L2_INVALID; found++)
        assert_true(found < test.record.findings + test.record.finding_count);
    assert_int_equal(found->has_value, shown);
    assert_int_equal(found->redacted, !shown);
    assert_int_equal(found->finding.value, shown ? value : 0);
    end(&test);
}

static void words_without_the_form_of_an_offset_are_redacted(void **state)
{
    (void)state;
    check_value(GUEST, false);
    check_value(2, false);
    check_value(tiny_offset(25), true);
    check_value(tiny_offset(25) + 8, false);
    check_value((UINT64_C(1) << 46) - TINY_CLUSTER, true);
    check_value(UINT64_C(1) << 46, false);
    check_value(UINT64_MAX - TINY_CLUSTER + 1, false);
}

/* Words of other findings are offsets of clusters that exist; they are told as offsets only. */
static void no_other_finding_has_a_value(void **state)
{
    struct record_test test;

    (void)state;
    begin(&test);
    tiny_image_set(&test.image, tiny_offset(3), 100, tiny_offset(7));
    tiny_image_set_l1(&test.image, 3, tiny_offset(8));
    make(&test);
    for (size_t i = 0; i < test.record.finding_count; i++) {
        assert_false(test.record.findings[i].has_value || test.record.findings[i].redacted);
        assert_int_equal(test.record.findings[i].finding.value, 0);
    }
    end(&test);
}

static void fields_are_complete(void **state)
{
    struct record record = {.actual_size = RECORD_UNKNOWN, .host_extents = 3};
    size_t count = 0;

    (void)state;
    for (const struct record_field *field = record_fields; field->key; field++) {
        bool withheld = field->needs_walk || !strcmp(field->key, "actual-size");

        assert_non_null(field->label);
        assert_int_equal(record_has_field(&record, field), !withheld);
        for (const struct record_field *other = record_fields; other < field; other++) {
            assert_string_not_equal(field->key, other->key);
            assert_int_not_equal(field->at, other->at);
        }
        count++;
    }
    assert_true(count > 20);
}

/* Adds the copy to the record; faithful as in scrub_options. */
static void add_copy(struct record_test *test, bool faithful)
{
    const struct scrub_options options = {.faithful = faithful};
    struct scrub scrub;
    struct scrub_forecast forecast;
    struct failure why = {0};

    EXPECT_OK(scrub_init(&scrub, &test->image.memory.source, test->audit, &options, &why), &why);
    EXPECT_OK(scrub_predict(&scrub, &forecast, &why), &why);
    EXPECT_OK(record_add_copy(&test->record, &scrub, &forecast, faithful, &why), &why);
    scrub_free(&scrub);
}

/* Table 16 claims a cluster of table 3 as data, so that no word of that one is believed. */
static void begin_suspect(struct record_test *test)
{
    begin(test);
    tiny_image_set_l1(&test->image, 1, tiny_offset(16));
    tiny_image_set_l1(&test->image, 2, 5);
    tiny_image_set(&test->image, tiny_offset(3), 700, tiny_offset(25));
    tiny_image_set(&test->image, tiny_offset(16), 0, tiny_offset(4));
    tiny_image_set(&test->image, tiny_offset(16), 1, tiny_offset(18));
    make(test);
}

static void suspect_tables_are_told(void **state)
{
    struct record_test test;
    const struct record_copy *copy = &test.record.copy;

    (void)state;
    begin_suspect(&test);
    add_copy(&test, false);
    assert_true(copy->present && copy->identical && !copy->faithful);
    assert_int_equal(copy->suspect_count, 1);
    assert_int_equal(copy->suspects[0].table.offset, tiny_offset(3));
    assert_int_equal(copy->suspects[0].belief.reason, SUSPECT_SHARED);
    assert_int_equal(copy->suspects[0].belief.suspect_blocks, 2);
    assert_int_equal(copy->words.kept, 4);
    assert_int_equal(copy->words.rewritten, 1);
    assert_int_equal(copy->words.stand_ins, 11);
    assert_int_equal(copy->data_bytes, 512 + 4 * TINY_CLUSTER);
    end(&test);
}

static void faithful_copies_suspect_nothing(void **state)
{
    struct record_test test;
    const struct record_copy *copy = &test.record.copy;

    (void)state;
    begin_suspect(&test);
    add_copy(&test, true);
    assert_true(copy->present && copy->identical && copy->faithful);
    assert_int_equal(copy->suspect_count, 0);
    assert_int_equal(copy->words.kept, 14);
    assert_int_equal(copy->words.rewritten, 2);
    assert_int_equal(copy->words.stand_ins, 0);
    end(&test);
}

/* Neither the words of a garbage L1 table nor the places that they point at. */
static void tables_behind_suspect_pointers_are_counted_only(void **state)
{
    struct record_test test;

    (void)state;
    begin(&test);
    for (uint64_t i = 0; i < 100; i++)
        tiny_image_set_l1(&test.image, i, GUEST + i);
    tiny_image_set_l1(&test.image, 100, tiny_offset(3));
    tiny_image_set(&test.image, tiny_offset(3), 700, GUEST);
    tiny_image_set(&test.image, tiny_offset(3), 800, tiny_offset(7));
    make(&test);
    add_copy(&test, false);
    assert_int_equal(test.record.copy.moved_tables, 1);
    assert_int_equal(test.record.copy.suspect_count, 1);
    assert_int_equal(test.record.copy.suspects[0].table.level, TABLE_L1);
    assert_true(test.record.copy.identical);
    for (size_t i = 0; i < test.record.finding_count; i++) {
        const struct finding *finding = &test.record.findings[i].finding;

        assert_int_not_equal(finding->table_offset, tiny_offset(3));
        assert_int_equal(finding->l1_index, FINDING_NOWHERE);
        assert_int_equal(finding->offset, FINDING_NOWHERE);
        assert_true(!finding->other.role || finding->other.l1_index == FINDING_NOWHERE);
    }
    end(&test);
}

/* Of what stands in a suspect block neither place nor value nor guest range is told. */
static void places_in_suspect_blocks_are_dropped(void **state)
{
    struct record_test test;
    size_t suspects = 0;

    (void)state;
    begin_suspect(&test);
    add_copy(&test, false);
    for (size_t i = 0; i < test.record.finding_count; i++) {
        const struct record_finding *found = &test.record.findings[i];

        assert_int_equal(found->suspect, found->finding.table_offset == tiny_offset(3) ||
                                             found->finding.kind == FINDING_LEAK);
        suspects += found->suspect;
        if (!found->suspect)
            continue;
        assert_false(found->has_value || found->redacted);
        assert_int_equal(found->finding.value, 0);
        assert_int_equal(found->finding.guest_size, 0);
        assert_int_equal(found->finding.l2_index, FINDING_NOWHERE);
        assert_int_equal(found->finding.offset, FINDING_NOWHERE);
    }
    assert_int_equal(suspects, 3);
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_an_image),
        cmocka_unit_test(unsound_header_fields_are_withheld),
        cmocka_unit_test(overwritten_header_tells_nothing),
        cmocka_unit_test(unjudged_header_fields_are_withheld),
        cmocka_unit_test(unknown_bits_are_counted),
        cmocka_unit_test(words_without_the_form_of_an_offset_are_redacted),
        cmocka_unit_test(no_other_finding_has_a_value),
        cmocka_unit_test(fields_are_complete),
        cmocka_unit_test(suspect_tables_are_told),
        cmocka_unit_test(faithful_copies_suspect_nothing),
        cmocka_unit_test(tables_behind_suspect_pointers_are_counted_only),
        cmocka_unit_test(places_in_suspect_blocks_are_dropped),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
