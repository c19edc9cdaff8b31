/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corrupt.h"

#include <err.h>
#include <stdlib.h>

#include "qed/format.h"

#define TRIES 1000

/* Most weight is on what leaves an image that can still be opened. */
static const struct {
    const struct corruption *rows;
    unsigned int weight;
} groups[] = {
    {corruptions_word, 5},
    {corruptions_table, 2},
    {corruptions_file, 2},
    {corruptions_header, 1},
};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

const struct corruption *corruption_nth(size_t number)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const struct corruption *row = groups[i].rows; row->name; row++)
            if (number-- == 0)
                return row;
    return NULL;
}

static const struct corruption *draw(struct prng *prng)
{
    uint64_t total = 0, ticket;
    size_t group = 0, rows = 0;

    for (size_t i = 0; i < GROUPS; i++)
        total += groups[i].weight;
    for (ticket = prng_below(prng, total); ticket >= groups[group].weight; group++)
        ticket -= groups[group].weight;
    while (groups[group].rows[rows].name)
        rows++;
    return &groups[group].rows[prng_below(prng, rows)];
}

bool damage_plant(struct damage *damage, uint64_t offset, uint64_t value)
{
    struct planted *more =
        reallocarray(damage->planted, damage->planted_count + 1, sizeof(*damage->planted));

    if (!more) {
        warn("list of planted words");
        return false;
    }
    damage->planted = more;
    damage->planted[damage->planted_count++] = (struct planted){offset, value};
    return image_put64(damage->image, offset, value);
}

bool damage_overwritten(struct damage *damage, uint64_t offset, uint64_t size)
{
    struct range *more = reallocarray(damage->overwritten, damage->overwritten_count + 1,
                                      sizeof(*damage->overwritten));

    if (!more) {
        warn("list of overwritten ranges");
        return false;
    }
    damage->overwritten = more;
    damage->overwritten[damage->overwritten_count++] = (struct range){offset, size};
    return true;
}

void damage_free(struct damage *damage)
{
    free(damage->planted);
    free(damage->overwritten);
    damage->planted = NULL;
    damage->overwritten = NULL;
}

const struct extent *damage_table(struct damage *damage)
{
    uint64_t tables = image_count(damage->image, EXTENT_L2);

    if (!tables || prng_one_in(damage->prng, 8))
        return image_nth(damage->image, EXTENT_L1, 0);
    return image_nth(damage->image, EXTENT_L2, prng_below(damage->prng, tables));
}

bool damage_slot(struct damage *damage, enum level level, uint64_t *slot)
{
    const struct image *image = damage->image;
    struct prng *prng = damage->prng;
    uint64_t tables = image_count(image, EXTENT_L2);
    const struct extent *table = NULL;
    uint64_t any = prng_below(prng, image->elements) * QED_ELEMENT_SIZE;
    bool used = !prng_one_in(prng, 4);

    if (tables)
        table = image_nth(image, EXTENT_L2, prng_below(prng, tables));
    if (level == LEVEL_L1)
        *slot = image->l1_offset + (used && table ? table->l1_index * QED_ELEMENT_SIZE : any);
    else if (used && damage->cluster_count)
        return image_l2_slot(image, damage->clusters[prng_below(prng, damage->cluster_count)],
                             slot);
    else if (table)
        *slot = table->offset + any;
    else
        return false;
    return *slot + QED_ELEMENT_SIZE <= image->size;
}

static enum outcome plant_element(struct damage *damage, const struct corruption *kind)
{
    uint64_t value;

    damage->level = kind->level;
    if (!damage_slot(damage, kind->level, &damage->slot) || !kind->value(damage, &value))
        return OUTCOME_NOT_HERE;
    fprintf(damage->log, " %s[%ju]=0x%jx", kind->name, (uintmax_t)damage->slot, (uintmax_t)value);
    return damage_plant(damage, damage->slot, value) ? OUTCOME_DONE : OUTCOME_FAILED;
}

bool damage_once(struct damage *damage)
{
    for (int i = 0; i < TRIES; i++) {
        const struct corruption *kind = draw(damage->prng);
        enum outcome outcome =
            kind->level == LEVEL_FILE ? kind->act(damage) : plant_element(damage, kind);

        if (outcome != OUTCOME_NOT_HERE)
            return outcome == OUTCOME_DONE;
    }
    warnx("found no corruption that this image has a place for");
    return false;
}
