/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "bugreport/pack/tarball.h"
#include "bugreport/unpack/contents.h"
#include "tests/unit/catch.h"
#include "tests/unit/memory_file.h"

/* An archive of members "NAME=TEXT NAME=TEXT ..."; returns what reading it gives. */
static int read_archive(struct contents *contents, const char *members, struct failure *why)
{
    char list[512], *rest = list, *member;
    struct tarball_options options = {.filter = TARBALL_NONE, .prefix = "x"};
    struct tarball *tarball;
    struct catch catch;
    unsigned char *bytes;
    size_t size;
    int fd, result;

    snprintf(list, sizeof(list), "%s", members);
    catch_begin(&catch);
    EXPECT_OK(tarball_open(&tarball, &catch.sink, &options, why), why);
    while ((member = strsep(&rest, " ")) && *member) {
        char *text = strchr(member, '=');

        *text++ = '\0';
        EXPECT_OK(tarball_add(tarball, member, text, strlen(text), why), why);
    }
    EXPECT_OK(tarball_finish(tarball, why), why);
    tarball_free(tarball);
    bytes = catch_end(&catch, &size);
    fd = memory_file(bytes, size);
    free(bytes);
    result = contents_read(contents, fd, 2, NULL, why);
    close(fd);
    return result;
}

static void members_are_known_ones_in_order(void **state)
{
    static const struct {
        const char *members, *says;
    } cases[] = {
        {"README.txt=r report.txt=t report.json=j manifest.json=m", NULL},
        {"README.txt=r ISSUE.md=i report.txt=t report.json=j report.html=h manifest.json=m", NULL},
        {"", "README.txt is missing"},
        {"README.txt=r", "report.txt is missing"},
        {"report.txt=t report.json=j manifest.json=m", "README.txt is missing"},
        {"README.txt=r report.txt=t report.json=j", "manifest.json is missing"},
        {"README.txt=r report.json=j report.txt=t manifest.json=m", "report.txt is missing"},
        {"README.txt=r README.txt=r report.txt=t report.json=j manifest.json=m", "there twice"},
        {"README.txt=r report.txt=t report.json=j manifest.json=m README.txt=r",
         "not in its place"},
        {"README.txt=r report.txt=t report.json=j manifest.json=m more=1", "no member"},
        {"README.txt=r report.txt=t ../report.json=j manifest.json=m", "no member"},
        {"README.txt=r report.txt=t report.json= manifest.json=m", "report.json is empty"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct contents contents;
        struct failure why = {0};
        int result = read_archive(&contents, cases[i].members, &why);

        if (cases[i].says)
            EXPECT_FAILURE(result, &why, cases[i].says);
        else
            EXPECT_OK(result, &why);
        contents_free(&contents);
    }
}

static void members_are_handed_out(void **state)
{
    struct contents contents;
    struct failure why = {0};

    (void)state;
    EXPECT_OK(read_archive(&contents,
                           "README.txt=one report.txt=two report.json={} manifest.json=x", &why),
              &why);
    assert_string_equal(contents.label, "x");
    assert_int_equal(contents.count, 4);
    assert_string_equal(contents.members[MEMBER_README].bytes, "one");
    assert_int_equal(contents.members[MEMBER_README].size, 3);
    assert_string_equal(contents.members[MEMBER_MANIFEST].bytes, "x");
    assert_false(contents.members[MEMBER_IMAGE].present);
    assert_false(contents.members[MEMBER_HTML].present);
    contents_free(&contents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(members_are_known_ones_in_order),
                                       cmocka_unit_test(members_are_handed_out)};

    return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
