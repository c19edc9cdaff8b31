/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "bugreport/pack/bundle.h"
#include "bugreport/unpack/verify.h"
#include "tests/unit/catch.h"
#include "tests/unit/memory_file.h"
#include "tests/unit/tiny_image.h"

/* A damaged image, and the bundle of it. */
struct verify_test {
    struct tiny_image image;
    unsigned char *bytes;
    size_t size;
};

static void write_bundle(struct verify_test *test, struct audit *audit, struct scrub *scrub)
{
    const struct bundle_options options = {.filter = TARBALL_NONE, .label = "label"};
    struct bundle_inventory inventory;
    struct scrub_forecast forecast;
    struct record record;
    struct catch catch;
    struct failure why = {0};

    EXPECT_OK(record_make(&record, audit, "image.qed", &why), &why);
    if (scrub) {
        EXPECT_OK(scrub_predict(scrub, &forecast, &why), &why);
        EXPECT_OK(record_add_copy(&record, scrub, &forecast, false, &why), &why);
    } else {
        record_drop_places(&record);
    }
    catch_begin(&catch);
    EXPECT_OK(bundle_write(&catch.sink, &options, &record, scrub, &inventory, &why), &why);
    test->bytes = catch_end(&catch, &test->size);
    record_free(&record);
}

static void pack(struct verify_test *test)
{
    const struct audit_options audit_options = {.keep = 3, .atlas = true};
    const struct scrub_options options = {.keep_backing_name = false};
    struct audit *audit = test_malloc(sizeof(*audit));
    struct scrub scrub;
    struct failure why = {0};

    EXPECT_OK(audit_run(audit, &test->image.memory.source, &audit_options, &why), &why);
    if (audit_can_copy(audit)) {
        EXPECT_OK(scrub_init(&scrub, &test->image.memory.source, audit, &options, &why), &why);
        write_bundle(test, audit, &scrub);
        scrub_free(&scrub);
    } else {
        write_bundle(test, audit, NULL);
    }
    audit_free(audit);
    test_free(audit);
}

static void begin(struct verify_test *test)
{
    tiny_image_init(&test->image, 1, 1, 40, 40);
    tiny_image_set_l1(&test->image, 0, tiny_offset(3));
    for (uint64_t i = 0; i < 9; i++)
        tiny_image_set(&test->image, tiny_offset(3), i, tiny_offset(10 + i));
    tiny_image_set(&test->image, tiny_offset(3), 300, 0x4141414141414141);
    memset(test->image.memory.bytes + tiny_offset(12), 'G', 1000);
}

static void end(struct verify_test *test)
{
    tiny_image_free(&test->image);
    free(test->bytes);
}

/* Name of the check that failed, NULL if it is proved. */
static const char *verify(const struct verify_test *test, bool against)
{
    struct verification *verification = test_malloc(sizeof(*verification));
    int fd = memory_file(test->bytes, test->size);
    const char *failed = NULL;

    verify_run(verification, fd, 2,
               against ? (struct source *)(uintptr_t)&test->image.memory.source : NULL, NULL);
    if (!verification->proved)
        failed = verification->checks[verification->count - 1].name;
    for (size_t i = 0; i < verification->count; i++)
        assert_int_equal(verification->checks[i].passed,
                         verification->proved || i + 1 < verification->count);
    verify_free(verification);
    test_free(verification);
    close(fd);
    return failed;
}

static void bundles_are_proved(void **state)
{
    struct verify_test test;

    (void)state;
    begin(&test);
    pack(&test);
    assert_null(verify(&test, false));
    assert_null(verify(&test, true));
    end(&test);
}

static void reports_only(void **state)
{
    struct verify_test test;

    (void)state;
    begin(&test);
    test.image.memory.bytes[QED_AT_IMAGE_SIZE] = 1;
    pack(&test);
    assert_null(verify(&test, false));
    assert_null(verify(&test, true));
    test.image.memory.bytes[QED_AT_CLUSTER_SIZE + 1] *= 2;
    assert_string_equal(verify(&test, true), "verdict");
    end(&test);
}

/* One bit of any byte of the archive, wherever it is, but for times and unused digits. */
static void no_changed_bit_is_proved(void **state)
{
    struct verify_test test;
    size_t quiet = 0;

    (void)state;
    begin(&test);
    pack(&test);
    for (size_t at = 0; at < test.size; at += 13) {
        bool in_time = !memcmp(test.bytes + at / 512 * 512 + 257, "ustar", 5) && at % 512 >= 136 &&
                       at % 512 < 156;

        test.bytes[at] ^= (unsigned char)(1u << at / 13 % 8);
        if (!verify(&test, false)) {
            if (!in_time)
                fail_msg("a change at 0x%zx goes unnoticed", at);
            quiet++;
        }
        test.bytes[at] ^= (unsigned char)(1u << at / 13 % 8);
    }
    assert_true(quiet < 10);
    end(&test);
}

/* A bundle of one image is none of another, however alike they are. */
static void another_original(void **state)
{
    struct verify_test test;

    (void)state;
    begin(&test);
    pack(&test);
    tiny_image_set(&test.image, tiny_offset(3), 4, tiny_offset(20));
    assert_string_equal(verify(&test, true), "original");
    tiny_image_set(&test.image, tiny_offset(3), 4, tiny_offset(14));
    tiny_image_set(&test.image, tiny_offset(3), 301, tiny_offset(21));
    assert_string_equal(verify(&test, true), "original");
    /* Words of a place that is no table of this one. */
    tiny_image_set_l1(&test.image, 0, tiny_offset(4));
    assert_string_equal(verify(&test, true), "original");
    end(&test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles_are_proved), cmocka_unit_test(reports_only),
        cmocka_unit_test(no_changed_bit_is_proved), cmocka_unit_test(another_original)};

    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
