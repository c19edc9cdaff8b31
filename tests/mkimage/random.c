/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "corrupt.h"
#include "oracle.h"
#include "order.h"
#include "qed/format.h"

#define MOST_CLUSTERS 200
#define MOST_REGIONS  4
#define MOST_FILLED   (2u * 1024 * 1024)

/* Enough at the smallest cluster size for a file past qemu's first phantom leak. */
#define MANY_CLUSTERS 4500

/* A random image on its way. */
struct draft {
    const struct random_wish *wish;
    struct image *image;
    struct prng prng;
    uint32_t clusters[MANY_CLUSTERS]; /* of the guest, in the order of their first write */
    uint64_t count;
    FILE *log;
};

static uint64_t budget(struct draft *draft)
{
    const struct geometry *geometry = &draft->image->geometry;
    uint64_t most = MOST_CLUSTERS;

    if (prng_one_in(&draft->prng, 12))
        return 0;
    if (!draft->wish->guest && prng_one_in(&draft->prng, 48) &&
        (uint64_t)MANY_CLUSTERS * 2 * geometry->cluster_size < draft->wish->max_file)
        return MANY_CLUSTERS;
    /* Half of it is for leaked clusters, the tail and tables overwritten. */
    if (draft->wish->guest && most > MOST_FILLED / 2 / geometry->cluster_size)
        most = MOST_FILLED / 2 / geometry->cluster_size;
    if (most > draft->wish->max_file / 4 / geometry->cluster_size)
        most = draft->wish->max_file / 4 / geometry->cluster_size;
    return 1 + prng_below(&draft->prng, most);
}

static int ascending(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

static void sort_unique(struct draft *draft)
{
    uint64_t kept = 0;

    qsort(draft->clusters, draft->count, sizeof(draft->clusters[0]), ascending);
    for (uint64_t i = 0; i < draft->count; i++)
        if (!i || draft->clusters[i] != draft->clusters[i - 1])
            draft->clusters[kept++] = draft->clusters[i];
    draft->count = kept;
}

/* Runs of clusters here and there in a few regions, each of which has an L2 table of its own. */
static bool draw_clusters(struct draft *draft)
{
    static const struct layout layouts[] = {{LAYOUT_SEQ, 0},     {LAYOUT_SEQ, 0},
                                            {LAYOUT_FRAG, 30},   {LAYOUT_LOCAL, 30},
                                            {LAYOUT_STREAMS, 3}, {LAYOUT_RANDOM, 0}};
    const struct image *image = draft->image;
    struct prng *prng = &draft->prng;
    uint64_t total = (image->geometry.image_size + image->geometry.cluster_size - 1) /
                     image->geometry.cluster_size;
    uint64_t tables = (total + image->elements - 1) / image->elements;
    uint64_t regions[MOST_REGIONS], wanted = total ? budget(draft) : 0;

    for (size_t i = 0; i < MOST_REGIONS; i++)
        regions[i] = prng_below(prng, tables);
    for (int tries = 0; draft->count < wanted && tries < MOST_CLUSTERS; tries++) {
        uint64_t at = regions[prng_below(prng, MOST_REGIONS)] * image->elements +
                      prng_below(prng, image->elements);
        uint64_t run = 1 + prng_below(prng, wanted > MOST_CLUSTERS ? wanted : 24);

        for (; run && at < total && draft->count < wanted; run--)
            draft->clusters[draft->count++] = (uint32_t)at++;
    }
    sort_unique(draft);
    return order_shuffle(&layouts[prng_below(prng, sizeof(layouts) / sizeof(layouts[0]))],
                         draft->clusters, draft->count, prng);
}

/*
 * Leaks all up to shortly before the length where qemu skips its first cluster number, so that the
 * tables and data that follow lie across it.
 */
static bool jump(struct draft *draft)
{
    struct image *image = draft->image;
    uint64_t cluster_size = image->geometry.cluster_size;
    uint64_t mark = (cluster_size - 1) * cluster_size;
    uint64_t stop = mark - cluster_size * prng_below(&draft->prng, 40);
    uint64_t offset;

    if (mark > draft->wish->max_file / 2 || image->size >= stop)
        return true;
    fprintf(draft->log, " jump=%ju", (uintmax_t)stop);
    return image_allocate(image, EXTENT_HOLE, (stop - image->size) / cluster_size, 0, &offset);
}

static bool write_clusters(struct draft *draft)
{
    uint64_t jump_at = prng_one_in(&draft->prng, 16) ? prng_below(&draft->prng, 40) : UINT64_MAX;
    bool zeroes = prng_one_in(&draft->prng, 2);

    for (uint64_t i = 0; i < draft->count; i++) {
        bool zero = zeroes && prng_one_in(&draft->prng, 8);

        if (i == jump_at && !jump(draft))
            return false;
        if (!(zero ? image_zero_guest : image_write_guest)(draft->image, draft->clusters[i]))
            return false;
    }
    /* Clusters left free in front of L1 would count as leaked. */
    for (uint64_t i = 0; draft->image->spare < draft->image->l1_offset; i++)
        if (!image_write_guest(draft->image, i))
            return false;
    return true;
}

/* Where guest data can sit outside the data clusters, unless it is told not to. */
static bool hide_guest_data(struct draft *draft, struct guest *guest)
{
    const struct guest_kind *kind = draft->wish->guest;
    struct image *image = draft->image;
    uint64_t cluster_size = image->geometry.cluster_size;
    uint64_t header = image->geometry.header_size * cluster_size;
    uint64_t used = QED_HEADER_SIZE + image->geometry.backing_size;
    uint64_t offset, tail;

    used = (used + QED_ELEMENT_SIZE - 1) / QED_ELEMENT_SIZE * QED_ELEMENT_SIZE;
    if (prng_one_in(&draft->prng, 2) && !guest_fill_range(guest, kind, image, used, header - used))
        return false;
    if (!image->geometry.backing && prng_one_in(&draft->prng, 2) &&
        !image_write(image, QED_HEADER_SIZE, "/CANARY/former/backing.qcow2", 28))
        return false;
    if (prng_one_in(&draft->prng, 4) &&
        !image_allocate(image, EXTENT_LEAK, 1 + prng_below(&draft->prng, 3), 0, &offset))
        return false;
    if (!guest_fill(guest, kind, image))
        return false;
    tail = prng_one_in(&draft->prng, 4) ? 1 + prng_below(&draft->prng, cluster_size - 512) : 0;
    return guest_fill_range(guest, kind, image, image->size, tail);
}

static void describe(struct draft *draft)
{
    const struct image *image = draft->image;
    const struct geometry *geometry = &image->geometry;

    fprintf(draft->log,
            " cluster-size=%u table-size=%u header-size=%u image-size=%ju l1=%ju tables=%ju "
            "data=%ju leaked=%ju file-size=%ju features=%ju backing=%s guest=%s:",
            geometry->cluster_size, geometry->table_size, geometry->header_size,
            (uintmax_t)geometry->image_size, (uintmax_t)image->l1_offset,
            (uintmax_t)image_count(image, EXTENT_L2),
            (uintmax_t)image_count_clusters(image, EXTENT_DATA),
            (uintmax_t)(image_count_clusters(image, EXTENT_LEAK) +
                        image_count_clusters(image, EXTENT_HOLE)),
            (uintmax_t)image->size, (uintmax_t)geometry->features,
            geometry->backing ? geometry->backing : "none",
            draft->wish->guest ? draft->wish->guest->name : "none");
}

static bool make_sound(struct draft *draft)
{
    struct image *image = draft->image;
    struct guest guest;

    random_geometry(&image->geometry, draft->wish, &draft->prng);
    if (prng_one_in(&draft->prng, 8)) {
        image->geometry.backing = draft->wish->guest ? "CANARY-base.img" : "base.img";
        image->geometry.backing_size = strlen(image->geometry.backing);
    }
    if (!image_lay_out(image) || !draw_clusters(draft) || !write_clusters(draft))
        return false;
    guest = guest_start(image, &draft->prng);
    return !draft->wish->guest || hide_guest_data(draft, &guest);
}

static bool damage_all(struct draft *draft, struct damage *damage)
{
    uint64_t corruptions = draft->wish->corruptions;

    if (!draft->wish->corruptions_given)
        corruptions = prng_below(&draft->prng, 4);
    for (uint64_t i = 0; i < corruptions; i++)
        if (!damage_once(damage))
            return false;
    return true;
}

bool random_build(struct image *image, const struct random_wish *wish)
{
    struct draft *draft = calloc(1, sizeof(*draft));
    struct damage damage = {.image = image, .guest = wish->guest, .max_file = wish->max_file};
    bool good = false;

    if (!draft) {
        warn("random image");
        return false;
    }
    *draft = (struct draft){.wish = wish, .image = image, .prng = {wish->seed}, .log = stdout};
    printf("seed=%ju", (uintmax_t)wish->seed);
    if (!make_sound(draft))
        goto out;
    describe(draft);
    damage.prng = &draft->prng;
    damage.log = draft->log;
    damage.clusters = draft->clusters;
    damage.cluster_count = draft->count;
    if (!damage_all(draft, &damage))
        goto out;
    good = !wish->oracle || oracle_write(wish->oracle, &damage);
out:
    putchar('\n');
    damage_free(&damage);
    free(draft);
    return good;
}
