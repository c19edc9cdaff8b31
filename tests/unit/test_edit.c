/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What qed-tool decides before it writes: plans, overlays, undo files, numbers. */
#include <stdio.h>

#include "qed-tool/hex.h"
#include "qed-tool/number.h"
#include "qed-tool/overlay.h"
#include "qed-tool/pick.h"
#include "qed-tool/proposal.h"
#include "qed-tool/undo.h"
#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

#define RANDOM_IMAGES 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        uint64_t value;
    } good[] = {{"0", 0},
                {"010", 10},
                {"4096", 4096},
                {"0x1000", 4096},
                {"0Xffffffffffffffff", UINT64_MAX},
                {"18446744073709551615", UINT64_MAX},
                {"4k", 4096},
                {"1M", UINT64_C(1) << 20},
                {"2g", UINT64_C(2) << 30},
                {"3T", UINT64_C(3) << 40},
                {"1P", UINT64_C(1) << 50},
                {"15E", UINT64_C(15) << 60},
                {"0x1e", 30},
                {"0x10k", 16384}};
    static const char *const bad[] = {
        "",   " 1", "-1",  "+1",  "1 ",  "1kk", "k",
        "0x", "x1", "16E", "1.5", "@17", "1b",  "18446744073709551616"};
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(number_parse(good[i].text, &value));
        assert_int_equal(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(number_parse(bad[i], &value));
}

static void test_indices(void **state)
{
    static const char *const bad[] = {"", ":", "1:", ":1", "1:2:3", "1,2", "-1", "1:-2"};
    uint64_t l1, l2;
    bool has_l2;

    (void)state;
    assert_true(number_parse_at("3", &l1, &has_l2, &l2));
    assert_int_equal(l1, 3);
    assert_false(has_l2);
    assert_true(number_parse_at("3:0x11", &l1, &has_l2, &l2));
    assert_int_equal(l1, 3);
    assert_true(has_l2);
    assert_int_equal(l2, 17);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(number_parse_at(bad[i], &l1, &has_l2, &l2));
}

static void test_hex(void **state)
{
    static const unsigned char bytes[] = {0x00, 0x7f, 0x80, 0xff};
    unsigned char back[sizeof(bytes)];
    char text[2 * sizeof(bytes) + 1];

    (void)state;
    hex_encode(bytes, sizeof(bytes), text);
    assert_string_equal(text, "007f80ff");
    assert_true(hex_decode(text, sizeof(back), back));
    assert_memory_equal(back, bytes, sizeof(bytes));
    assert_false(hex_decode("0g", 1, back));
    assert_false(hex_decode("FF", 1, back));
    assert_false(hex_decode("f", 1, back));
}

static void test_plan_is_sorted_and_free_of_contradictions(void **state)
{
    struct plan plan = {0};
    struct failure why = {0};

    (void)state;
    assert_int_equal(plan_add_element(&plan, 24, 1, 2, &why), 0);
    assert_int_equal(plan_add_element(&plan, 8, 3, 4, &why), 0);
    assert_int_equal(plan_add_element(&plan, 24, 1, 2, &why), 0);
    assert_int_equal(plan_finish(&plan, &why), 0);
    assert_int_equal(plan.count, 2);
    assert_int_equal(plan.writes[0].offset, 8);
    assert_int_equal(plan_find(&plan, 15), 0);
    assert_int_equal(plan_find(&plan, 16), 1);
    assert_int_equal(plan_find(&plan, 32), 2);
    assert_int_equal(plan_add_element(&plan, 12, 3, 5, &why), 0);
    assert_int_equal(plan_finish(&plan, &why), -1);
    plan_free(&plan);
}

/* An image with one L2 table, of which the first elements are given. */
static void make(struct tiny_image *image, const uint64_t *words, size_t count)
{
    tiny_image_init(image, 1, 1, 8, 8);
    tiny_image_set_l1(image, 0, tiny_offset(2));
    for (size_t i = 0; i < count; i++)
        tiny_image_set(image, tiny_offset(2), i, words[i]);
}

static void test_duplicate_overwrites_the_element_named(void **state)
{
    const uint64_t words[] = {tiny_offset(3), tiny_offset(4), QED_ZERO_CLUSTER};
    struct request request = {.level = TABLE_L2, .has_at = true, .at_l2 = 2};
    struct proposal proposal;
    struct failure why = {0};
    struct tiny_image image;
    uint64_t value;

    (void)state;
    make(&image, words, 3);
    assert_int_equal(
        proposal_make(&proposal, &image.memory.source, plan_duplicate, &request, true, &why), 0);
    assert_int_equal(proposal.plan.count, 1);
    assert_int_equal(proposal.plan.writes[0].offset, tiny_offset(2) + 16);
    value = bytes_load64(proposal.plan.writes[0].after);
    assert_true(value == tiny_offset(3) || value == tiny_offset(4));
    assert_int_equal(proposal.after->corruptions, 1);
    proposal_free(&proposal);
    tiny_image_free(&image);
}

/* Zero clusters are no live elements: the original copied their value, and nothing was corrupt. */
static void test_duplicate_refuses_where_nothing_is_live(void **state)
{
    const uint64_t words[] = {QED_ZERO_CLUSTER, QED_ZERO_CLUSTER};
    struct request request = {.level = TABLE_L2};
    struct proposal proposal;
    struct failure why = {0};
    struct tiny_image image;

    (void)state;
    make(&image, words, 2);
    assert_int_equal(
        proposal_make(&proposal, &image.memory.source, plan_duplicate, &request, true, &why), -1);
    assert_non_null(strstr(why.text, "no live L2 element"));
    proposal_free(&proposal);
    tiny_image_free(&image);
}

/* With one live element there is nothing that it could be made equal to but itself. */
static void test_duplicate_is_never_a_no_op(void **state)
{
    const uint64_t words[] = {tiny_offset(3)};
    struct request request = {.level = TABLE_L2, .has_at = true};
    struct proposal proposal;
    struct failure why = {0};
    struct tiny_image image;

    (void)state;
    make(&image, words, 1);
    assert_int_equal(
        proposal_make(&proposal, &image.memory.source, plan_duplicate, &request, true, &why), -1);
    proposal_free(&proposal);
    tiny_image_free(&image);
}

static void test_pick_draws_every_element(void **state)
{
    const uint64_t words[] = {tiny_offset(3), 0, tiny_offset(4), tiny_offset(5), 1, 7};
    struct pick_filter live = {.level = TABLE_L2, .classes = 1u << ELEMENT_VALID};
    struct audit_options options = {0};
    struct dice dice = {1};
    struct failure why = {0};
    struct tiny_image image;
    struct audit audit;
    unsigned seen[6] = {0};

    (void)state;
    make(&image, words, 6);
    assert_int_equal(audit_run(&audit, &image.memory.source, &options, &why), 0);
    for (int i = 0; i < 300; i++) {
        struct element element;

        assert_int_equal(pick_element(&image.memory.source, &audit, &live, &dice, &element, &why),
                         1);
        assert_true(element.l2_index < 6);
        assert_int_equal(element.value, words[element.l2_index]);
        assert_int_equal(element.offset, tiny_offset(2) + 8 * element.l2_index);
        seen[element.l2_index]++;
    }
    assert_true(seen[0] > 50 && seen[2] > 50 && seen[3] > 50);
    assert_int_equal(seen[0] + seen[2] + seen[3], 300);
    audit_free(&audit);
    tiny_image_free(&image);
}

#define GOOD_ENTRY "{\"offset\":4096,\"old\":\"0000000000000000\",\"new\":\"0010000000000000\"}"

static int decode(const char *image, const char *writes)
{
    struct failure why = {0};
    struct undo undo;
    char text[2048];
    int result;

    snprintf(text, sizeof(text), "{\"schema\":\"qed-tool-undo/1\",\"image\":%s,\"writes\":%s}",
             image, writes);
    result = undo_decode(&undo, text, strlen(text), &why);
    undo_free(&undo);
    assert_true(result == 0 || why.text[0]);
    return result;
}

static void test_undo_file_is_read(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"length\":8192,\"device\":1,\"inode\":2}", "[" GOOD_ENTRY "]"), 0);
    assert_int_equal(decode("{\"length\":64,\"device\":1,\"inode\":2}",
                            "[{\"offset\":16,\"old\":\"00\",\"new\":\"02\"}]"),
                     0);
}

static void test_hostile_undo_files_are_refused(void **state)
{
    static const char *const images[] = {
        "{\"length\":4096,\"device\":1,\"inode\":2}",
        "{\"length\":-1,\"device\":1,\"inode\":2}",
        "{\"length\":8192,\"device\":1}",
        "{\"length\":8192,\"device\":1,\"inode\":2,\"more\":3}",
        "{\"length\":\"8192\",\"device\":1,\"inode\":2}",
        "{\"length\":8192.0,\"device\":1,\"inode\":2}",
        "[]",
    };
    static const char *const writes[] = {
        "[]",
        "{}",
        "[1]",
        "[" GOOD_ENTRY "," GOOD_ENTRY "]",
        "[{\"offset\":-8,\"old\":\"0000000000000000\",\"new\":\"0010000000000000\"}]",
        "[{\"offset\":4097,\"old\":\"0000000000000000\",\"new\":\"0010000000000000\"}]",
        "[{\"offset\":40,\"old\":\"0000000000000000\",\"new\":\"0010000000000000\"}]",
        "[{\"offset\":9223372036854775800,\"old\":\"0000000000000000\",\"new\":"
        "\"00100000000000ff\"}"
        "]",
        "[{\"offset\":4096,\"old\":\"\",\"new\":\"\"}]",
        "[{\"offset\":4096,\"old\":\"00\",\"new\":\"02\"}]",
        "[{\"offset\":16,\"old\":\"00\",\"new\":\"03\"}]",
        "[{\"offset\":16,\"old\":\"0000000000000000\",\"new\":\"0200000000000000\"}]",
        "[{\"offset\":4096,\"old\":\"0000000000000000\",\"new\":\"0000000000000000\"}]",
        "[{\"offset\":4096,\"old\":\"000000000000000\",\"new\":\"001000000000000\"}]",
        "[{\"offset\":4096,\"old\":\"0000000000000000\",\"new\":\"00100000\"}]",
        "[{\"offset\":4096,\"old\":\"000000000000000G\",\"new\":\"0010000000000000\"}]",
        "[{\"offset\":4096,\"offset\":4104,\"old\":\"0000000000000000\",\"new\":"
        "\"0010000000000000\"}]",
        "[{\"offset\":4096,\"old\":\"0000000000000000\",\"new\":\"0010000000000000\",\"x\":1}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++)
        assert_int_equal(decode(images[i], "[" GOOD_ENTRY "]"), -1);
    for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
        assert_int_equal(decode("{\"length\":8192,\"device\":1,\"inode\":2}", writes[i]), -1);
}

/* The fuzz target, on random input: it aborts where a plan breaks a promise. */
static void test_random_plans_keep_their_promises(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RANDOM_IMAGES; seed++) {
        struct prng prng = {seed};
        uint8_t input[400];
        size_t size = 40 + prng_below(&prng, sizeof(input) - 40);

        for (size_t i = 0; i < size; i++)
            input[i] = (uint8_t)prng_next(&prng);
        LLVMFuzzerTestOneInput(input, size);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_indices),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_plan_is_sorted_and_free_of_contradictions),
        cmocka_unit_test(test_duplicate_overwrites_the_element_named),
        cmocka_unit_test(test_duplicate_refuses_where_nothing_is_live),
        cmocka_unit_test(test_duplicate_is_never_a_no_op),
        cmocka_unit_test(test_pick_draws_every_element),
        cmocka_unit_test(test_undo_file_is_read),
        cmocka_unit_test(test_hostile_undo_files_are_refused),
        cmocka_unit_test(test_random_plans_keep_their_promises),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
