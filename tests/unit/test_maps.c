/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/maps.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

/* An atlas of 64 clusters of guest's disk and file. */
static void make_atlas(struct atlas *atlas)
{
    struct geometry geometry = {.cluster_size = 4096,
                                .cluster_bits = 12,
                                .file_clusters = 64,
                                .file_end = 64 * 4096,
                                .total_clusters = 64};

    atlas_init(atlas, &geometry);
}

static char *render(const struct atlas *atlas, struct text_style style)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    render_maps(out, atlas, &style);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void each_use_has_its_character(void **state)
{
    struct run data = {.class = ELEMENT_VALID, .count = 3, .value = 4 * 4096};
    struct run zero = {.class = ELEMENT_ZERO, .count = 2};
    struct run bad = {.class = ELEMENT_INVALID, .count = 1, .reason = REASON_BEYOND_END};
    static struct atlas atlas;
    char *text;

    (void)state;
    make_atlas(&atlas);
    atlas_add_clusters(&atlas, ATLAS_HEADER, 0, 1);
    atlas_add_clusters(&atlas, ATLAS_L1, 4096, 1);
    atlas_add_clusters(&atlas, ATLAS_L2, 8192, 2);
    atlas_add_run(&atlas, 0, &data, 0, false);
    atlas_add_run(&atlas, 5, &zero, 0, false);
    atlas_add_run(&atlas, 9, &bad, 0, false);
    atlas_add_clusters(&atlas, ATLAS_LEAKED, 7 * 4096, 1);
    atlas_add_clusters(&atlas, ATLAS_TWICE, 6 * 4096, 1);
    text = render(&atlas, (struct text_style){.width = 30});
    assert_non_null(strstr(text, "        0 B ###  00  x      \n     64 KiB "));
    assert_non_null(strstr(text, "        0 B H122##x?"));
    assert_non_null(strstr(text, "1 element that points past the end"));
    assert_null(strchr(text, '\033'));
    free(text);
}

static void levels_tell_how_full(void **state)
{
    struct geometry geometry = {.cluster_size = 4096,
                                .cluster_bits = 12,
                                .file_clusters = 8192,
                                .file_end = 8192 * 4096,
                                .total_clusters = 8192};
    static struct atlas atlas;
    char *text;

    (void)state;
    atlas_init(&atlas, &geometry); /* 16 clusters a character */
    for (uint32_t i = 0; i < 17; i++) {
        struct run run = {.class = ELEMENT_VALID, .count = i, .value = 0};

        if (i > 0)
            atlas_add_run(&atlas, (uint64_t)i * 16, &run, 0, false);
    }
    text = render(&atlas, (struct text_style){.width = 80});
    assert_non_null(strstr(text, "        0 B  .::--==++**%%###"));
    free(text);
    text = render(&atlas, (struct text_style){.width = 80, .utf8 = true});
    assert_non_null(strstr(text, "0 B ·▁▂▂▃▃▄▄▅▅▆▆▇▇███"));
    free(text);
}

static void an_empty_image_has_maps(void **state)
{
    struct geometry geometry = {.cluster_size = 4096, .cluster_bits = 12};
    static struct atlas atlas;
    char *text;

    (void)state;
    atlas_init(&atlas, &geometry);
    text = render(&atlas, (struct text_style){.width = 0, .colour = true});
    assert_non_null(strstr(text, "The file"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_use_has_its_character),
        cmocka_unit_test(levels_tell_how_full),
        cmocka_unit_test(an_empty_image_has_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
