/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/links.h"

#include "tests/unit/fleets.h"

static void names_of_one_file(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_add_link(&fleet, "a", 9);
    fleets_add_link(&fleet, "b", 7);
    fleets_add_link(&fleet, "c", 9);
    fleets_add_link(&fleet, "d", 7)->identity.mtime_ns++;
    fleets_add_link(&fleet, "e", 7)->identity.size++;
    fleets_add_link(&fleet, "f", 7)->identity.device++;
    fleets_add_link(&fleet, "g", 7)->identity.links = 1;
    fleets_add_link(&fleet, "h", 9);
    fleets_add(&fleet, "i");
    fleets_finish(&fleet);
    for (size_t i = 0; i < fleet.count; i++)
        assert_int_equal(fleet.entries[i].first_link, i == 2 || i == 7 ? 0 : i);
    fleet_free(&fleet);
}

static void expect_chain(const struct fleet *fleet, const char *path, enum backing_state state,
                         size_t depth, size_t overlays)
{
    const struct fleet_entry *entry = fleet_find(fleet, path);

    assert_non_null(entry);
    assert_int_equal(entry->chain.state, state);
    assert_int_equal(entry->chain.depth, depth);
    assert_int_equal(entry->chain.overlays, overlays);
}

static void names_are_seen_from_the_image(void **state)
{
    static const char *const names[] = {"base", "./base", "../d/base", "/r/d/base", "file:base"};
    static const char *const others[] = {"d/base", "../base", "base/", "nbd:base", "json:{}", ""};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names) + COUNT_OF(others); i++) {
        bool found = i < COUNT_OF(names);
        const char *name = found ? names[i] : others[i - COUNT_OF(names)];
        struct fleet fleet;

        fleet_init(&fleet);
        fleets_add(&fleet, "/r/d/base");
        fleets_add_overlay(&fleet, "/r/d/x/../top", name);
        fleets_finish(&fleet);
        assert_int_equal(fleet.entries[0].chain.overlays, found || !strcmp(name, "base/"));
        fleet_free(&fleet);
    }
}

static void chains_have_depths(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_add(&fleet, "base");
    fleets_add_overlay(&fleet, "mid", "base");
    fleets_add_overlay(&fleet, "a/top", "../mid");
    fleets_add_overlay(&fleet, "z/top", "../mid");
    fleets_add_overlay(&fleet, "lost", "gone");
    fleets_add_overlay(&fleet, "above-lost", "lost");
    fleets_add_overlay(&fleet, "remote", "nbd://h/x");
    fleets_add_overlay(&fleet, "untold", NULL);
    fleets_finish(&fleet);
    expect_chain(&fleet, "./base", BACKING_NONE, 0, 1);
    expect_chain(&fleet, "./mid", BACKING_FOUND, 1, 2);
    expect_chain(&fleet, "./a/top", BACKING_FOUND, 2, 0);
    expect_chain(&fleet, "./z/top", BACKING_FOUND, 2, 0);
    expect_chain(&fleet, "./lost", BACKING_MISSING, 0, 1);
    expect_chain(&fleet, "./above-lost", BACKING_FOUND, 1, 0);
    expect_chain(&fleet, "./remote", BACKING_UNKNOWN, 0, 0);
    expect_chain(&fleet, "./untold", BACKING_UNKNOWN, 0, 0);
    fleet_free(&fleet);
}

static void loops_are_seen(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_add_overlay(&fleet, "self", "self");
    fleets_add_overlay(&fleet, "a", "b");
    fleets_add_overlay(&fleet, "b", "c");
    fleets_add_overlay(&fleet, "c", "a");
    fleets_add_overlay(&fleet, "into", "b");
    fleets_add_overlay(&fleet, "A", "into");
    fleets_add(&fleet, "sound");
    fleets_add_overlay(&fleet, "over", "sound");
    fleets_finish(&fleet);
    expect_chain(&fleet, "./self", BACKING_LOOP, 0, 1);
    expect_chain(&fleet, "./a", BACKING_LOOP, 0, 1);
    expect_chain(&fleet, "./b", BACKING_LOOP, 0, 2);
    expect_chain(&fleet, "./into", BACKING_LOOP, 0, 1);
    expect_chain(&fleet, "./A", BACKING_LOOP, 0, 0);
    expect_chain(&fleet, "./over", BACKING_FOUND, 1, 0);
    fleet_free(&fleet);
}

/* A base with two names is one base; an overlay with two names is one overlay. */
static void links_count_once(void **state)
{
    struct fleet fleet;

    (void)state;
    fleet_init(&fleet);
    fleets_add_link(&fleet, "base1", 1);
    fleets_add_link(&fleet, "base2", 1);
    fleets_add_overlay(&fleet, "x", "base1");
    fleets_add_overlay(&fleet, "y", "base2");
    for (int i = 0; i < 2; i++) {
        struct fleet_entry *entry = fleets_add_overlay(&fleet, i ? "z" : "zz", "base2");

        entry->has_identity = true;
        entry->identity.links = 2;
    }
    fleets_finish(&fleet);
    expect_chain(&fleet, "./base1", BACKING_NONE, 0, 3);
    expect_chain(&fleet, "./base2", BACKING_NONE, 0, 0);
    expect_chain(&fleet, "./zz", BACKING_FOUND, 1, 0);
    fleet_free(&fleet);
}

static void long_chains_take_no_time(void **state)
{
    const unsigned length = 20000;
    struct fleet fleet;
    char name[32], base[32];

    (void)state;
    fleet_init(&fleet);
    for (unsigned i = 0; i < length; i++) {
        snprintf(name, sizeof(name), "%06u", (i * 7919) % length);
        snprintf(base, sizeof(base), "%06u", (i * 7919) % length + 1);
        fleets_add_overlay(&fleet, name, base);
    }
    fleets_finish(&fleet);
    for (unsigned i = 0; i < length; i++)
        assert_int_equal(fleet.entries[i].chain.depth, length - 1 - i);
    fleet_free(&fleet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_one_file),  cmocka_unit_test(names_are_seen_from_the_image),
        cmocka_unit_test(chains_have_depths), cmocka_unit_test(loops_are_seen),
        cmocka_unit_test(links_count_once),   cmocka_unit_test(long_chains_take_no_time),
    };

    return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
