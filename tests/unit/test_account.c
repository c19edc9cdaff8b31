/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "bugreport/unpack/account.h"

#define HEAD                                                                                       \
    "{\"schema\":\"qedscrub-manifest/1\",\"members\":[],\"image\":null,\"totals\":{\"kept\":300,"  \
    "\"rewritten\":64,\"dropped\":36,\"unreadable\":0}"

#define RANGES                                                                                     \
    "[0,64,\"rewritten\",\"header\"],[64,36,\"dropped\",\"header-rest\"],"                         \
    "[100,200,\"kept\",\"table\"],[300,100,\"kept\",\"table-zeros\"]"

static int read_text(struct account *account, const char *text, struct failure *why)
{
    return account_read(account, text, strlen(text), why);
}

static void sums(void **state)
{
    struct account account;
    struct failure why = {0};

    (void)state;
    EXPECT_OK(read_text(&account, HEAD ",\"ranges\":[" RANGES "]}", &why), &why);
    assert_int_equal(account.end, 400);
    assert_int_equal(account.ranges, 4);
    assert_int_equal(account.kept, 300);
    assert_int_equal(account.rewritten, 64);
    assert_int_equal(account.dropped, 36);
    assert_int_equal(account.held.count, 2);
    assert_int_equal(account.held.list[0].size, 64);
    assert_int_equal(account.held.list[1].offset, 100);
    assert_int_equal(account.held.list[1].size, 200);
    assert_true(json_is_null(json_object_get(account.head, "image")));
    account_free(&account);
}

static void refused(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "no account"},
        {HEAD "}", "no account"},
        {HEAD ",\"ranges\":[", "do not end"},
        {HEAD ",\"ranges\":[]}", "totals"},
        {HEAD ",\"ranges\":[" RANGES "]", "do not end"},
        {HEAD ",\"ranges\":[" RANGES "]}}", "do not end"},
        {HEAD ",\"ranges\":[" RANGES ",]}", "is not one"},
        {HEAD ",\"ranges\":[" RANGES ",[400,1,\"kept\",\"table\"]]}", "totals"},
        {HEAD ",\"ranges\":[" RANGES ",[401,1,\"kept\",\"table\"]]}", "does not follow"},
        {HEAD ",\"ranges\":[" RANGES ",[399,1,\"kept\",\"table\"]]}", "does not follow"},
        {HEAD ",\"ranges\":[" RANGES ",[400,0,\"kept\",\"table\"]]}", "does not follow"},
        {HEAD ",\"ranges\":[" RANGES ",[400,9223372036854775807,\"kept\",\"table\"]]}",
         "does not follow"},
        {HEAD ",\"ranges\":[" RANGES ",[400,9223372036854775808,\"kept\",\"table\"]]}",
         "is not one"},
        {HEAD ",\"ranges\":[" RANGES ",[400,1,\"kept\",\"secret\"]]}", "is not one"},
        {HEAD ",\"ranges\":[" RANGES ",[400,1,\"dropped\",\"table\"]]}", "is not one"},
        {HEAD ",\"ranges\":[" RANGES ",[400, 1,\"kept\",\"table\"]]}", "is not one"},
        {HEAD "x,\"ranges\":[" RANGES "]}", "not JSON"},
        {"{\"schema\":\"qedscrub-manifest/2\",\"members\":[],\"image\":null,\"totals\":{\"kept\":0,"
         "\"rewritten\":0,\"dropped\":0,\"unreadable\":0},\"ranges\":[]}",
         "schema"},
        {"{\"schema\":\"qedscrub-manifest/"
         "1\",\"members\":[],\"image\":null,\"totals\":{},\"ranges\":[]}",
         "kept"},
        {"{\"schema\":\"qedscrub-manifest/1\",\"ranges\":[]}", "not written"},
        {HEAD " ,\"ranges\":[" RANGES "]}", "not written"},
        {"{\"a\":1,\"a\":1,\"ranges\":[]}", "not JSON"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct account account;
        struct failure why = {0};

        EXPECT_FAILURE(read_text(&account, cases[i].text, &why), &why, cases[i].says);
        account_free(&account);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums), cmocka_unit_test(refused)};

    return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
