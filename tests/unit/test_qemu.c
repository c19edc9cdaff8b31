/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/qemu.h"

#include <string.h>

#include "tests/unit/unit.h"

#define FILE_SIZE (UINT64_C(64) << 20)

static const struct header sound = {
    .magic = QED_MAGIC,
    .cluster_size = 65536,
    .table_size = 4,
    .header_size = 1,
    .features = QED_F_BACKING_FILE,
    .l1_table_offset = 65536,
    .image_size = UINT64_C(1) << 40,
    .backing_filename_offset = 64,
    .backing_filename_size = 9,
};

/* Ways to spoil a header, in the order in which qemu looks. */
static void spoil(struct header *header, unsigned what)
{
    switch (what) {
    case 0:
        header->magic = 0;
        break;
    case 1:
        header->features |= 0xabc0;
        break;
    case 2:
        header->cluster_size = 5000;
        break;
    case 3:
        header->table_size = 3;
        break;
    case 4:
        header->image_size++;
        break;
    case 5:
        header->l1_table_offset++;
        break;
    default:
        header->backing_filename_offset = 65535;
    }
}

#define SPOILS 7

static const char *const messages[SPOILS] = {
    "Image not in QED format",
    "Unsupported QED features: abc0",
    "QED cluster size is invalid",
    "QED table size is invalid",
    "QED image size is invalid",
    "QED table offset is invalid",
    "QED backing filename offset is invalid",
};

static void first_fault_gives_the_message(void **state)
{
    struct qemu_check check;

    (void)state;
    for (unsigned first = 0; first < SPOILS; first++) {
        for (unsigned second = first; second < SPOILS; second++) {
            struct header header = sound;

            spoil(&header, second);
            if (second != first)
                spoil(&header, first);
            qemu_open(&check, &header, FILE_SIZE);
            assert_false(check.opens);
            assert_int_equal(check.exit_status, 1);
            assert_string_equal(check.error, messages[first]);
        }
    }
    qemu_open(&check, &sound, FILE_SIZE);
    assert_true(check.opens);
    assert_int_equal(check.exit_status, 0);
    assert_string_equal(check.error, "");
}

static void opens_with(const struct header *header, uint64_t file_size, const char *error)
{
    struct qemu_check check;

    qemu_open(&check, header, file_size);
    assert_int_equal(check.opens, error[0] == '\0');
    assert_string_equal(check.error, error);
}

static void rare_messages(void **state)
{
    struct header header = sound;

    (void)state;
    header.table_size = 1;
    opens_with(&header, FILE_SIZE, "QED table offset is invalid");
    header = sound;
    header.header_size = 65536;
    opens_with(&header, FILE_SIZE, "QED table offset is invalid");
    header.l1_table_offset = UINT64_C(1) << 32;
    opens_with(&header, UINT64_C(1) << 33, "QED header size is too large");
    header = sound;
    header.backing_filename_size = 4095;
    opens_with(&header, FILE_SIZE, "");
    header.backing_filename_size = 4096;
    opens_with(&header, FILE_SIZE, "Failed to read backing filename");
    header = sound;
    header.compat_features = header.autoclear_features = UINT64_MAX;
    opens_with(&header, FILE_SIZE, "");
    header.header_size = 0;
    header.features = 0;
    opens_with(&header, FILE_SIZE, "");
    opens_with(&header, 65536, "QED table offset is invalid");
    opens_with(&header, 5 * 65536, "");
}

/* 8 EiB is where qemu's limit and its block layer disagree. */
static void sizes_over_63_bits(void **state)
{
    static const char late[] = "Could not refresh total sector count: File too large";
    const uint64_t top = UINT64_C(1) << 63;
    struct header header = sound;

    (void)state;
    header.cluster_size = 2u << 20;
    header.table_size = 8;
    header.l1_table_offset = 2u << 20;
    header.image_size = top - (UINT64_C(1) << 30);
    opens_with(&header, FILE_SIZE, "");
    header.image_size += 512;
    opens_with(&header, FILE_SIZE, late);
    header.image_size = top - 512;
    opens_with(&header, FILE_SIZE, late);
    header.image_size = top;
    opens_with(&header, FILE_SIZE, "");
    header.image_size = top + 512;
    opens_with(&header, FILE_SIZE, "QED image size is invalid");
    header.table_size = 16;
    header.image_size = 512;
    opens_with(&header, FILE_SIZE, "QED image size is invalid");
    header.image_size = 0;
    opens_with(&header, FILE_SIZE, "");
}

static struct qemu_check counted(uint64_t corruptions, uint64_t leaks)
{
    const struct geometry geometry = {.total_clusters = 1000};
    struct qemu_check check = {.opens = true};

    qemu_count(&check, &geometry, corruptions, leaks, 500, 25);
    return check;
}

static void counts_wrap_like_ints(void **state)
{
    static const struct {
        uint64_t corruptions, leaks;
        int32_t shown_corruptions, shown_leaks;
        int exit_status;
    } cases[] = {
        {0, 0, 0, 0, 0},
        {1, 0, 1, 0, 2},
        {0, 1, 0, 1, 3},
        {1, 1, 1, 1, 2},
        {INT32_MAX, 0, INT32_MAX, 0, 2},
        {UINT64_C(1) << 31, 0, INT32_MIN, 0, 2},
        {UINT32_MAX, UINT32_MAX, -1, -1, 2},
        {UINT64_C(1) << 32, 0, 0, 0, 0},
        {UINT64_C(1) << 32, 7, 0, 7, 3},
        {(UINT64_C(5) << 32) + 3, UINT64_C(1) << 63, 3, 0, 2},
        {0, UINT64_C(2684944399), 0, -1610022897, 3},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct qemu_check check = counted(cases[i].corruptions, cases[i].leaks);

        assert_int_equal(check.corruptions, cases[i].shown_corruptions);
        assert_int_equal(check.leaks, cases[i].shown_leaks);
        assert_int_equal(check.exit_status, cases[i].exit_status);
    }
}

static void any_figure_tells_checks_apart(void **state)
{
    const struct qemu_check one = counted(1, 2);

    (void)state;
    assert_true(qemu_same(&one, &one));
    for (int figure = 0; figure < 8; figure++) {
        struct qemu_check other = one;

        other.opens ^= figure == 0;
        other.corruptions += figure == 1;
        other.leaks += figure == 2;
        other.total_clusters += figure == 3;
        other.allocated_clusters += figure == 4;
        other.fragmented_clusters += figure == 5;
        other.exit_status += figure == 6;
        other.error[0] = figure == 7 ? 'x' : '\0';
        assert_false(qemu_same(&one, &other));
    }
}

static void summary_is(struct qemu_check check, const char *expected)
{
    char line[QEMU_SUMMARY_SIZE];

    qemu_summary(&check, line);
    assert_string_equal(line, expected);
}

static void summaries(void **state)
{
    struct qemu_check check = counted(1, 2);

    (void)state;
    summary_is(check, "500/1000 = 50.00% allocated, 5.00% fragmented, 0.00% compressed clusters");
    check.allocated_clusters = 0;
    summary_is(check, "1 errors were found on the image.");
    check.corruptions = 0;
    summary_is(check, "2 leaked clusters were found on the image.");
    check.leaks = 0;
    summary_is(check, "No errors were found on the image.");
    check.opens = false;
    strcpy(check.error, "why");
    summary_is(check, "Could not open: why");
    check = counted(0, 0);
    check.allocated_clusters = check.fragmented_clusters = check.total_clusters = UINT64_MAX;
    summary_is(check, "18446744073709551615/18446744073709551615 = 100.00% allocated, 100.00% "
                      "fragmented, 0.00% compressed clusters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_fault_gives_the_message),
        cmocka_unit_test(rare_messages),
        cmocka_unit_test(sizes_over_63_bits),
        cmocka_unit_test(counts_wrap_like_ints),
        cmocka_unit_test(any_figure_tells_checks_apart),
        cmocka_unit_test(summaries),
    };

    return cmocka_run_group_tests_name("qemu", tests, NULL, NULL);
}
