/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corrupt.h"

#include <string.h>

#include "qed/format.h"

/* A table of large clusters is not rewritten whole: images have to stay small on disk. */
#define MOST_GARBAGE (64 * 1024)

/*
 * Needs an element that holds the last cluster of the file: the next one goes on from it, past the
 * end, as after a crash that lost the file's new length.
 */
static enum outcome just_past_eof(struct damage *damage)
{
    const struct image *image = damage->image;
    uint64_t cluster_size = image->geometry.cluster_size;
    uint64_t end = image->size / cluster_size * cluster_size;

    for (size_t i = 0; i < damage->cluster_count; i++) {
        uint64_t slot, element;

        if ((damage->clusters[i] + 1) % image->elements == 0 ||
            !image_l2_slot(image, damage->clusters[i], &slot))
            continue;
        if (!image_get64(image, slot, &element))
            return OUTCOME_FAILED;
        if (!end || element + cluster_size != end || slot + 2 * QED_ELEMENT_SIZE > image->size)
            continue;
        fprintf(damage->log, " l2-just-past-eof[%ju]=0x%jx", (uintmax_t)slot + QED_ELEMENT_SIZE,
                (uintmax_t)end);
        return damage_plant(damage, slot + QED_ELEMENT_SIZE, end) ? OUTCOME_DONE : OUTCOME_FAILED;
    }
    return OUTCOME_NOT_HERE;
}

/* A whole table or, as often, only as much of it as a disk writes at once. */
static bool draw_part(struct damage *damage, struct range *part)
{
    const struct extent *table = damage_table(damage);
    uint64_t blocks = table->size / GUEST_BLOCK;
    uint64_t slot;

    *part = (struct range){table->offset, table->size};
    if (table->size > MOST_GARBAGE || prng_one_in(damage->prng, 2)) {
        part->offset += prng_below(damage->prng, blocks) * GUEST_BLOCK;
        part->size = GUEST_BLOCK;
        if (damage_slot(damage, LEVEL_L2, &slot) && prng_one_in(damage->prng, 2))
            part->offset = slot / GUEST_BLOCK * GUEST_BLOCK;
    }
    return part->offset + part->size <= damage->image->size;
}

static enum outcome garbage(struct damage *damage)
{
    const struct guest_kind *kind = damage->guest ? damage->guest : guest_find("random");
    struct guest guest = guest_start(damage->image, damage->prng);
    struct range part;

    if (!draw_part(damage, &part))
        return OUTCOME_NOT_HERE;
    /* Any part of what a guest keeps, not always the first. */
    guest.block = prng_below(damage->prng, 8);
    fprintf(damage->log, " table-garbage[%ju+%ju]=%s", (uintmax_t)part.offset, (uintmax_t)part.size,
            kind->name);
    return guest_fill_range(&guest, kind, damage->image, part.offset, part.size) &&
                   damage_overwritten(damage, part.offset, part.size)
               ? OUTCOME_DONE
               : OUTCOME_FAILED;
}

static enum outcome shift(struct damage *damage)
{
    uint8_t block[GUEST_BLOCK];
    size_t by = QED_ELEMENT_SIZE * (1 + (size_t)prng_below(damage->prng, 8));
    bool up = prng_one_in(damage->prng, 2);
    struct range part;

    if (!draw_part(damage, &part))
        return OUTCOME_NOT_HERE;
    part.size = GUEST_BLOCK;
    if (!image_read(damage->image, part.offset, block, sizeof(block)))
        return OUTCOME_FAILED;
    memmove(block + (up ? by : 0), block + (up ? 0 : by), sizeof(block) - by);
    fprintf(damage->log, " table-shift[%ju]=%s%zu", (uintmax_t)part.offset, up ? "+" : "-", by);
    return image_write(damage->image, part.offset, block, sizeof(block)) ? OUTCOME_DONE
                                                                         : OUTCOME_FAILED;
}

const struct corruption corruptions_table[] = {
    {"l2-just-past-eof", LEVEL_FILE, NULL, just_past_eof},
    {"table-garbage", LEVEL_FILE, NULL, garbage},
    {"table-shift", LEVEL_FILE, NULL, shift},
    {0},
};
