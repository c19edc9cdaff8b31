/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directive.h"

#include <err.h>
#include <string.h>

#include "bulk.h"
#include "guest.h"
#include "number.h"
#include "qed/format.h"

static bool do_fill(struct recipe *recipe, const struct words *words)
{
    struct bulk bulk = {.percent = 100, .clump = 1};
    const char *end = "";

    if (!layout_parse(words->at[1].text, &bulk.layout)) {
        warnx("no layout: %s", words->at[1].text);
        return false;
    }
    if (words->count > 2 &&
        (!number_scan(words->at[2].text, &end, &bulk.percent) || strcmp(end, "%") != 0)) {
        warnx("no percentage: %s", words->at[2].text);
        return false;
    }
    if (image_count(recipe->image, EXTENT_L2)) {
        warnx("only an empty image can be filled");
        return false;
    }
    return bulk_fill(recipe->image, &bulk, &recipe->prng);
}

static bool for_clusters(struct recipe *recipe, const struct words *words,
                         bool (*act)(struct image *image, uint64_t guest_cluster))
{
    uint64_t pos, clusters;

    if (!directive_number(&words->at[1], UINT64_MAX, &pos) ||
        !directive_number(&words->at[2], UINT32_MAX, &clusters))
        return false;
    for (uint64_t i = 0; i < clusters; i++)
        if (!act(recipe->image, pos / recipe->image->geometry.cluster_size + i))
            return false;
    return true;
}

static bool do_data(struct recipe *recipe, const struct words *words)
{
    return for_clusters(recipe, words, image_write_guest);
}

static bool do_zero(struct recipe *recipe, const struct words *words)
{
    return for_clusters(recipe, words, image_zero_guest);
}

static bool do_leak(struct recipe *recipe, const struct words *words)
{
    uint64_t clusters, offset;

    return directive_number(&words->at[1], UINT64_MAX, &clusters) &&
           image_allocate(recipe->image, EXTENT_LEAK, clusters, 0, &offset);
}

static bool do_guest(struct recipe *recipe, const struct words *words)
{
    const struct guest_kind *kind = guest_find(words->at[1].text);
    struct guest guest = guest_start(recipe->image, &recipe->prng);

    if (!kind) {
        warnx("no kind of guest data: %s", words->at[1].text);
        return false;
    }
    return guest_fill(&guest, kind, recipe->image);
}

static bool do_padding(struct recipe *recipe, const struct words *words)
{
    const struct geometry *geometry = &recipe->image->geometry;
    uint64_t end = (uint64_t)geometry->header_size * geometry->cluster_size;
    uint64_t at = QED_HEADER_SIZE + geometry->backing_size;
    const struct word *text = &words->at[1];

    if (!text->size) {
        warnx("the padding is empty");
        return false;
    }
    while (at < end) {
        size_t part = text->size < end - at ? text->size : (size_t)(end - at);

        if (!image_write(recipe->image, at, text->text, part))
            return false;
        at += part;
    }
    return true;
}

static bool put_element(struct recipe *recipe, uint64_t table, const struct word *index,
                        const struct word *value)
{
    uint64_t number, element;

    return directive_number(index, recipe->image->elements - 1, &number) &&
           value_parse(recipe->image, value->text, &element) &&
           image_put64(recipe->image, table + number * QED_ELEMENT_SIZE, element);
}

static bool do_l1(struct recipe *recipe, const struct words *words)
{
    return put_element(recipe, recipe->image->l1_offset, &words->at[1], &words->at[2]);
}

static bool do_l2(struct recipe *recipe, const struct words *words)
{
    const struct extent *table;
    uint64_t l1_index;

    if (!directive_number(&words->at[1], UINT64_MAX, &l1_index))
        return false;
    table = image_table(recipe->image, l1_index);
    if (!table) {
        warnx("no L2 table was made for L1 index %s", words->at[1].text);
        return false;
    }
    return put_element(recipe, table->offset, &words->at[2], &words->at[3]);
}

const struct directive directives_content[] = {
    {"fill", 1, 2, do_fill}, {"data", 2, 2, do_data},   {"zero", 2, 2, do_zero},
    {"leak", 1, 1, do_leak}, {"guest", 1, 1, do_guest}, {"padding", 1, 1, do_padding},
    {"l1", 2, 2, do_l1},     {"l2", 3, 3, do_l2},       {0},
};
