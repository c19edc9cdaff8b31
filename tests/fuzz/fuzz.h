/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/memory_source.h"

/*
 * What fuzz targets share. A target defines LLVMFuzzerTestOneInput(), which aborts where a promise
 * is broken; libFuzzer calls it, or the main of replay.c.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void demand(bool promise)
{
    if (!promise)
        abort();
}

/* What is left of the input; zeros follow. */
struct input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t take(struct input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static inline uint32_t take16(struct input *input)
{
    uint32_t high = take(input);

    return high << 8 | take(input);
}

/* Clusters of the images that are made; the smallest allowed, to get far with few bytes. */
#define FUZZ_CLUSTER 4096u

/*
 * Makes an image of up to 37 clusters, so at most SOURCE_CHUNK bytes: eight bytes of the input say
 * what its header holds, and then every five plant a word, until `left` bytes or fewer remain.
 * memory_source_free() is due.
 */
void fuzz_image(struct memory_source *image, struct input *input, size_t left);

#endif
