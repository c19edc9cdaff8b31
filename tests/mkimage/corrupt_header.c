/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corrupt.h"

#include "field.h"
#include "qed/format.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A field that an earlier cut has taken away is not to grow back. */
static bool present(const struct damage *damage)
{
    return damage->image->size >= QED_HEADER_SIZE;
}

static enum outcome put(struct damage *damage, const char *name, const char *field, uint64_t value)
{
    if (!present(damage))
        return OUTCOME_NOT_HERE;
    fprintf(damage->log, " %s[%s]=0x%jx", name, field, (uintmax_t)value);
    return field_set(damage->image, field_find(field), value) ? OUTCOME_DONE : OUTCOME_FAILED;
}

static uint64_t draw(struct damage *damage, const uint64_t *values, size_t count)
{
    return values[prng_below(damage->prng, count)];
}

static enum outcome magic(struct damage *damage)
{
    static const uint64_t values[] = {0, 0x58444551, 0xfb494651, 0x00444571};

    return put(damage, "magic", "magic", draw(damage, values, COUNT(values)));
}

/* Half of them legal in themselves, so that the same words are read with another geometry. */
static enum outcome cluster_size(struct damage *damage)
{
    uint64_t now = damage->image->geometry.cluster_size;
    const uint64_t values[] = {0,          512,  2048,    4095,    now + 1, UINT64_C(1) << 27,
                               UINT32_MAX, 4096, now * 2, now / 2, now * 4, 65536,
                               131072};

    return put(damage, "header-cluster-size", "cluster_size", draw(damage, values, COUNT(values)));
}

static enum outcome table_size(struct damage *damage)
{
    static const uint64_t values[] = {0, 3, 17, 32, UINT32_MAX, 1, 2, 4, 8, 16};

    return put(damage, "header-table-size", "table_size", draw(damage, values, COUNT(values)));
}

static enum outcome header_size(struct damage *damage)
{
    uint64_t file = damage->image->size / damage->image->geometry.cluster_size;
    const uint64_t values[] = {0,
                               2,
                               3,
                               1000,
                               UINT32_MAX,
                               (UINT64_C(1) << 32) / damage->image->geometry.cluster_size,
                               file & UINT32_MAX};

    return put(damage, "header-size", "header_size", draw(damage, values, COUNT(values)));
}

static enum outcome image_size(struct damage *damage)
{
    const struct image *image = damage->image;
    uint64_t limit = image->elements * image->elements * image->geometry.cluster_size;
    const uint64_t values[] = {image->geometry.image_size + 1,
                               image->geometry.image_size + 511,
                               limit,
                               limit + QED_SECTOR_SIZE,
                               UINT64_C(1) << 63,
                               (UINT64_C(1) << 63) - QED_SECTOR_SIZE,
                               (UINT64_C(1) << 63) - (UINT64_C(1) << 30),
                               UINT64_MAX - (QED_SECTOR_SIZE - 1),
                               UINT64_MAX};

    return put(damage, "header-image-size", "image_size", draw(damage, values, COUNT(values)));
}

/* The tables then hold elements past the end of the guest's disk, which is no corruption. */
static enum outcome image_size_smaller(struct damage *damage)
{
    uint64_t sectors = damage->image->geometry.image_size / QED_SECTOR_SIZE;

    if (!sectors)
        return OUTCOME_NOT_HERE;
    return put(damage, "image-size-smaller", "image_size",
               prng_below(damage->prng, sectors) * QED_SECTOR_SIZE);
}

static enum outcome l1_offset(struct damage *damage)
{
    const struct image *image = damage->image;
    uint64_t data = image_count_clusters(image, EXTENT_DATA);
    uint64_t tables = image_count_clusters(image, EXTENT_L2);
    const uint64_t values[] = {
        0,
        image->l1_offset + 1 + prng_below(damage->prng, QED_MIN_CLUSTER_SIZE - 1),
        image->l1_offset + image->geometry.cluster_size,
        image->size / image->geometry.cluster_size * image->geometry.cluster_size,
        0 - (uint64_t)image->geometry.cluster_size,
        image_nth_cluster(image, EXTENT_DATA, prng_below(damage->prng, data)),
        image_nth_cluster(image, EXTENT_DATA, prng_below(damage->prng, data)),
        image_nth_cluster(image, EXTENT_L2, prng_below(damage->prng, tables)),
        image_nth_cluster(image, EXTENT_L2, prng_below(damage->prng, tables))};

    return put(damage, "header-l1-offset", "l1_table_offset", draw(damage, values, COUNT(values)));
}

static bool add_bits(struct damage *damage, const char *field, uint64_t bits)
{
    uint64_t old;

    return image_get64(damage->image, field_find(field)->offset, &old) &&
           field_set(damage->image, field_find(field), old | bits);
}

static enum outcome backing(struct damage *damage)
{
    uint64_t header =
        (uint64_t)damage->image->geometry.header_size * damage->image->geometry.cluster_size;
    const uint64_t offsets[] = {0, QED_HEADER_SIZE, header - 1, header, UINT32_MAX};
    const uint64_t sizes[] = {0, 1, 4095, 4096, header & UINT32_MAX, UINT32_MAX};

    if (!present(damage))
        return OUTCOME_NOT_HERE;
    if (!add_bits(damage, "features", QED_F_BACKING_FILE) ||
        put(damage, "header-backing", "backing_filename_offset",
            draw(damage, offsets, COUNT(offsets)) & UINT32_MAX) != OUTCOME_DONE)
        return OUTCOME_FAILED;
    return put(damage, "header-backing", "backing_filename_size",
               draw(damage, sizes, COUNT(sizes)));
}

static enum outcome set_bit(struct damage *damage, const char *name, const char *field,
                            unsigned int first, unsigned int last)
{
    unsigned int bit = first + (unsigned int)prng_below(damage->prng, last - first + 1);

    if (!present(damage))
        return OUTCOME_NOT_HERE;
    fprintf(damage->log, " %s[%s]=bit%u", name, field, bit);
    return add_bits(damage, field, UINT64_C(1) << bit) ? OUTCOME_DONE : OUTCOME_FAILED;
}

static enum outcome features(struct damage *damage)
{
    return set_bit(damage, "header-features", "features", 3, 63);
}

static enum outcome compat(struct damage *damage)
{
    return set_bit(damage, "header-compat", "compat_features", 0, 63);
}

static enum outcome autoclear(struct damage *damage)
{
    return set_bit(damage, "header-autoclear", "autoclear_features", 0, 63);
}

static enum outcome need_check(struct damage *damage)
{
    return set_bit(damage, "need-check", "features", 1, 1);
}

const struct corruption corruptions_header[] = {
    {"magic", LEVEL_FILE, NULL, magic},
    {"header-cluster-size", LEVEL_FILE, NULL, cluster_size},
    {"header-table-size", LEVEL_FILE, NULL, table_size},
    {"header-size", LEVEL_FILE, NULL, header_size},
    {"header-image-size", LEVEL_FILE, NULL, image_size},
    {"image-size-smaller", LEVEL_FILE, NULL, image_size_smaller},
    {"header-l1-offset", LEVEL_FILE, NULL, l1_offset},
    {"header-backing", LEVEL_FILE, NULL, backing},
    {"header-features", LEVEL_FILE, NULL, features},
    {"header-compat", LEVEL_FILE, NULL, compat},
    {"header-autoclear", LEVEL_FILE, NULL, autoclear},
    {"need-check", LEVEL_FILE, NULL, need_check},
    {0},
};
