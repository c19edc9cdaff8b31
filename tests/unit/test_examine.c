/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/examine.h"

#include "bugreport/record_bytes.h"
#include "qedscrub/status.h"
#include "tests/unit/folder.h"
#include "tests/unit/image_file.h"

static char folder[FOLDER_SIZE];

static int enter_folder(void **state)
{
    (void)state;
    folder_make(folder);
    return chdir(folder);
}

static int leave_folder(void **state)
{
    (void)state;
    return unlink("image") || chdir("/") || rmdir(folder);
}

/* Examines the file; *text is the record, in *size bytes, or NULL. */
static int examine(char **text, size_t *size, struct failure *why)
{
    static struct options options = {.command = COMMAND_AUDIT, .output = "human"};
    struct message_task task = {0};

    *text = NULL;
    return examine_file(&options, open("image", O_RDONLY), &task, text, size, why);
}

static void there_and_back(void **state)
{
    struct record record = {0}, copy = {0};
    struct failure why = {0};
    char *text;
    size_t size;

    (void)state;
    image_file_make("image");
    assert_int_equal(examine(&text, &size, &why), STATUS_OK);
    EXPECT_OK(record_from_bytes(&record, (unsigned char *)text, size, &why), &why);
    assert_int_equal(record.verdict, VERDICT_LEAKS);
    assert_int_equal(record.leaks, 1);
    assert_int_equal(record.file_size, tiny_offset(4));
    assert_string_equal(record.filename, "");
    EXPECT_OK(examine_copy(&copy, &record, &why), &why);
    assert_int_equal(copy.leaks, 1);
    assert_int_equal(copy.finding_count, record.finding_count);
    record_free(&copy);
    record_free(&record);
    free(text);
}

static void no_image(void **state)
{
    struct failure why = {0};
    char *text;
    size_t size;
    int fd = open("image", O_WRONLY | O_CREAT | O_EXCL, 0600);

    (void)state;
    assert_int_equal(write(fd, "some text", 9), 9);
    close(fd);
    assert_int_equal(examine(&text, &size, &why), STATUS_NOT_QED);
    EXPECT_FAILURE(text == NULL, &why, "not a QED image: 9 bytes");
    assert_null(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        TEST(there_and_back),
        TEST(no_image),
    };

    return cmocka_run_group_tests_name("examine", tests, NULL, NULL);
}
