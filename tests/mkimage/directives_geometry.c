/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "directive.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "qed/format.h"

bool directive_number(const struct word *word, uint64_t max, uint64_t *value)
{
    if (number_parse(word->text, 0, max, value))
        return true;
    warnx("no number up to %ju: %s", (uintmax_t)max, word->text);
    return false;
}

/* What is made must be a whole image, so that damage has one place only: the edits after it. */
static bool power_of_two(const struct word *word, uint64_t min, uint64_t max, uint32_t *value)
{
    uint64_t wide;

    if (!number_parse(word->text, min, max, &wide) || (wide & (wide - 1))) {
        warnx("no legal size: %s (\"set\" can write any)", word->text);
        return false;
    }
    *value = (uint32_t)wide;
    return true;
}

static bool do_cluster_size(struct recipe *recipe, const struct words *words)
{
    return power_of_two(&words->at[1], QED_MIN_CLUSTER_SIZE, QED_MAX_CLUSTER_SIZE,
                        &recipe->image->geometry.cluster_size);
}

static bool do_table_size(struct recipe *recipe, const struct words *words)
{
    return power_of_two(&words->at[1], QED_MIN_TABLE_SIZE, QED_MAX_TABLE_SIZE,
                        &recipe->image->geometry.table_size);
}

static bool do_header_size(struct recipe *recipe, const struct words *words)
{
    uint64_t clusters;

    if (!directive_number(&words->at[1], UINT32_MAX, &clusters))
        return false;
    recipe->image->geometry.header_size = (uint32_t)clusters;
    return true;
}

static bool do_image_size(struct recipe *recipe, const struct words *words)
{
    return directive_number(&words->at[1], UINT64_MAX, &recipe->image->geometry.image_size);
}

static bool do_l1_gap(struct recipe *recipe, const struct words *words)
{
    uint64_t clusters;

    if (!directive_number(&words->at[1], UINT32_MAX, &clusters))
        return false;
    recipe->image->geometry.data_before_l1 = (uint32_t)clusters;
    return true;
}

static bool do_backing(struct recipe *recipe, const struct words *words)
{
    struct geometry *geometry = &recipe->image->geometry;

    free(recipe->backing);
    recipe->backing = malloc(words->at[1].size + 1);
    if (!recipe->backing) {
        warn("backing file name");
        return false;
    }
    memcpy(recipe->backing, words->at[1].text, words->at[1].size);
    geometry->backing = recipe->backing;
    geometry->backing_size = words->at[1].size;
    return true;
}

static bool do_seed(struct recipe *recipe, const struct words *words)
{
    return directive_number(&words->at[1], UINT64_MAX, &recipe->prng.state);
}

static bool do_raw(struct recipe *recipe, const struct words *words)
{
    (void)words;
    recipe->raw = true;
    return true;
}

const struct directive directives_geometry[] = {
    {"cluster-size", 1, 1, do_cluster_size},
    {"table-size", 1, 1, do_table_size},
    {"header-size", 1, 1, do_header_size},
    {"image-size", 1, 1, do_image_size},
    {"data-before-l1", 1, 1, do_l1_gap},
    {"backing", 1, 1, do_backing},
    {"seed", 1, 1, do_seed},
    {"raw", 0, 0, do_raw},
    {0},
};
