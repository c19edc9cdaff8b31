/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include <string.h>

#include "base/bytes.h"
#include "qed/format.h"

#define WORDS (GUEST_BLOCK / 8)

/* More than any L2 table here addresses, less than the widest offset a scrubber may keep. */
#define BEYOND_END (UINT64_C(1) << 46)

/* Every aligned word says CANARY, so that one that got out can be found and traced to its block. */
static void make_canary(struct guest *guest, uint8_t *block)
{
    for (size_t i = 0; i < WORDS; i++) {
        memcpy(block + 8 * i, "CANARY", 6);
        block[8 * i + 6] = (uint8_t)('A' + guest->block % 26);
        block[8 * i + 7] = (uint8_t)('a' + i % 26);
    }
}

static void make_text(struct guest *guest, uint8_t *block)
{
    static const char *const words[] = {"harbour", "ledger",  "seven",  "willow", "invoice\n",
                                        "answer",  "evening", "number", "kettle", "postbox\n"};
    size_t used = 0;

    while (used < GUEST_BLOCK) {
        const char *word = words[prng_below(guest->prng, sizeof(words) / sizeof(words[0]))];
        size_t size = strlen(word);

        if (size > GUEST_BLOCK - used)
            size = GUEST_BLOCK - used;
        memcpy(block + used, word, size);
        used += size;
        if (used < GUEST_BLOCK && word[size - 1] != '\n')
            block[used++] = ' ';
    }
}

static void make_random(struct guest *guest, uint8_t *block)
{
    for (size_t i = 0; i < WORDS; i++)
        bytes_store64(block + 8 * i, prng_next(guest->prng));
}

static void make_aligned(struct guest *guest, uint8_t *block)
{
    uint64_t clusters = guest->file_size / guest->cluster_size;

    for (size_t i = 0; i < WORDS; i++)
        bytes_store64(block + 8 * i, prng_below(guest->prng, clusters) * guest->cluster_size);
}

static void make_beyond(struct guest *guest, uint8_t *block)
{
    uint64_t first = guest->file_size / guest->cluster_size + 1;
    uint64_t last = BEYOND_END / guest->cluster_size;
    uint64_t span = last > first ? last - first : 1;

    for (size_t i = 0; i < WORDS; i++)
        bytes_store64(block + 8 * i, (first + prng_below(guest->prng, span)) * guest->cluster_size);
}

/* Runs of ascending offsets with gaps between, as a real table of this very image would have. */
static void make_l2like(struct guest *guest, uint8_t *block)
{
    uint64_t clusters = guest->file_size / guest->cluster_size;
    uint64_t next = prng_below(guest->prng, clusters);

    for (size_t i = 0; i < WORDS; i++) {
        if (prng_one_in(guest->prng, 24))
            next = prng_below(guest->prng, clusters);
        if (next >= clusters || prng_one_in(guest->prng, 32)) {
            bytes_store64(block + 8 * i, prng_below(guest->prng, 2));
            continue;
        }
        bytes_store64(block + 8 * i, next++ * guest->cluster_size);
    }
}

static void nested_header(uint8_t *block)
{
    bytes_store32(block + QED_AT_MAGIC, QED_MAGIC);
    bytes_store32(block + QED_AT_CLUSTER_SIZE, QED_MIN_CLUSTER_SIZE);
    bytes_store32(block + QED_AT_TABLE_SIZE, 2);
    bytes_store32(block + QED_AT_HEADER_SIZE, 1);
    bytes_store64(block + QED_AT_L1_TABLE_OFFSET, QED_MIN_CLUSTER_SIZE);
    bytes_store64(block + QED_AT_IMAGE_SIZE, UINT64_C(4) * 1024 * 1024);
}

/* Eight blocks are an image at the smallest cluster size: header, L1 (2), L2 (2), data (3). */
static void make_nested(struct guest *guest, uint8_t *block)
{
    memset(block, 0, GUEST_BLOCK);
    switch (guest->block % 8) {
    case 0:
        nested_header(block);
        break;
    case 1:
        bytes_store64(block, 3 * (uint64_t)GUEST_BLOCK);
        break;
    case 3:
        for (uint64_t i = 0; i < 3; i++)
            bytes_store64(block + 8 * i, (5 + i) * (uint64_t)GUEST_BLOCK);
        break;
    case 5:
    case 6:
    case 7:
        make_canary(guest, block);
        break;
    default: /* the second halves of the tables */
        break;
    }
}

static void make_bits(struct guest *guest, uint8_t *block)
{
    for (size_t i = 0; i < WORDS; i++)
        bytes_store64(block + 8 * i, prng_next(guest->prng) & 1);
}

/* x86 page-table entries: a page number, flags below, no-execute on top; many are just absent. */
static void make_pte(struct guest *guest, uint8_t *block)
{
    static const uint64_t flags[] = {0x063, 0x067, 0x025, 0x000, 0x8000000000000063};

    for (size_t i = 0; i < WORDS; i++) {
        uint64_t page = prng_below(guest->prng, UINT64_C(1) << 20) << 12;
        uint64_t flag = flags[prng_below(guest->prng, sizeof(flags) / sizeof(flags[0]))];

        bytes_store64(block + 8 * i, prng_one_in(guest->prng, 4) ? 0 : page | flag);
    }
}

const struct guest_kind guest_kinds[] = {
    {"canary", "every 8-byte word begins with CANARY", make_canary},
    {"text", "ASCII words", make_text},
    {"random", "random words", make_random},
    {"aligned", "cluster-aligned offsets inside the file", make_aligned},
    {"beyond", "cluster-aligned offsets past the end of the file, below 64 TiB", make_beyond},
    {"l2like", "what an L2 table of this image would hold", make_l2like},
    {"nested", "a whole small QED image", make_nested},
    {"bits", "words that are 0 or 1", make_bits},
    {"pte", "x86 page-table entries", make_pte},
    {0},
};

const struct guest_kind *guest_find(const char *name)
{
    for (const struct guest_kind *kind = guest_kinds; kind->name; kind++)
        if (!strcmp(kind->name, name))
            return kind;
    return NULL;
}

struct guest guest_start(const struct image *image, struct prng *prng)
{
    return (struct guest){
        .prng = prng, .cluster_size = image->geometry.cluster_size, .file_size = image->size};
}

bool guest_fill_range(struct guest *guest, const struct guest_kind *kind, struct image *image,
                      uint64_t offset, uint64_t size)
{
    uint8_t block[GUEST_BLOCK];

    while (size) {
        size_t part = size < GUEST_BLOCK ? (size_t)size : GUEST_BLOCK;

        kind->make(guest, block);
        guest->block++;
        if (!image_write(image, offset, block, part))
            return false;
        offset += part;
        size -= part;
    }
    return true;
}

bool guest_fill(struct guest *guest, const struct guest_kind *kind, struct image *image)
{
    for (size_t i = 0; i < image->extent_count; i++) {
        const struct extent *extent = &image->extents[i];

        if (extent->kind != EXTENT_DATA && extent->kind != EXTENT_LEAK)
            continue;
        if (!guest_fill_range(guest, kind, image, extent->offset, extent->size))
            return false;
    }
    return true;
}
