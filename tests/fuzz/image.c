/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "qed/header.h"
#include "tests/fuzz/fuzz.h"

/* Bytes that a planted word takes of the input, and the most that a run of them has. */
#define PLANT_SIZE 5
#define MAX_RUN    16u

static const char name[] = "backing.raw";

/* The L1 table stands behind the header, mostly. */
static uint64_t l1_offset(uint8_t knob, const struct header *header, uint64_t clusters)
{
    uint64_t usual = (uint64_t)header->header_size * FUZZ_CLUSTER;

    if (knob < 192)
        return usual ? usual : FUZZ_CLUSTER;
    return knob % clusters * FUZZ_CLUSTER + (knob > 252 ? 8 : 0);
}

static void make_header(struct memory_source *image, struct input *input, uint64_t clusters)
{
    static const uint32_t header_sizes[] = {1, 1, 2, 0};
    uint8_t sizes = take(input), features = take(input), l1 = take(input);
    struct header header = {.magic = sizes == 0x5a ? 0 : QED_MAGIC,
                            .cluster_size = FUZZ_CLUSTER << (sizes > 250),
                            .table_size = 1u << (sizes & 3),
                            .header_size = header_sizes[sizes >> 2 & 3],
                            .features = features & QED_FEATURES_KNOWN,
                            .compat_features = features >> 7,
                            .autoclear_features = features >> 6 & 1,
                            .image_size = (uint64_t)(1 + take16(input)) * QED_SECTOR_SIZE * 16};

    if (sizes == 0x5b)
        header.features |= 1u << 3;
    if (header.features & QED_F_BACKING_FILE) {
        header.backing_filename_offset = QED_HEADER_SIZE + (features >> 3 & 7u) * 64;
        header.backing_filename_size = sizeof(name) - 1;
        memcpy(image->bytes + header.backing_filename_offset, name, sizeof(name) - 1);
    }
    header.l1_table_offset = l1_offset(l1, &header, clusters);
    header_encode(&header, image->bytes);
}

/* A word of a table: mostly the offset of some cluster of the file. */
static uint64_t make_word(uint8_t kind, uint8_t number, uint64_t clusters)
{
    if (kind < 16)
        return kind < 8 ? QED_ZERO_CLUSTER : (uint64_t)number << 56 | number;
    if (kind < 24)
        return (clusters + number) * FUZZ_CLUSTER;
    return number % clusters * FUZZ_CLUSTER + (kind < 32 ? number : 0);
}

/* Plants a word, or from kind 128 on a run whose offsets rise with it. */
static void plant(struct memory_source *image, struct input *input, uint64_t clusters)
{
    uint64_t cluster = take(input) % clusters, index = take16(input) % (FUZZ_CLUSTER / 8);
    uint8_t kind = take(input), number = take(input);
    unsigned run = kind < 128 ? 1 : 1 + kind % MAX_RUN;

    for (unsigned i = 0; i < run; i++) {
        uint64_t at = cluster * FUZZ_CLUSTER + (index + i) * 8;

        if (cluster > 0 && at + 8 <= image->stored)
            bytes_store64(image->bytes + at, make_word(kind, (uint8_t)(number + i), clusters));
    }
}

void fuzz_image(struct memory_source *image, struct input *input, size_t left)
{
    uint64_t clusters = 6 + take(input) % 32;
    uint8_t tail = take(input), shape = take(input);
    uint64_t size = clusters * FUZZ_CLUSTER - (tail < 160 ? 0 : (tail - 159u) * 37u);

    memory_source_init(image, size, (size_t)size);
    image->grain = shape & 8 ? 0 : UINT64_C(64) << (shape & 7);
    if (shape & 16)
        image->source.kind = &memory_source_quick_kind;
    make_header(image, input, clusters);
    while (input->size >= left + PLANT_SIZE)
        plant(image, input, clusters);
}
