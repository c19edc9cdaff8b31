/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_PRNG_H
#define MKIMAGE_PRNG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * splitmix64. Not the C library's generator: an image must be the same, byte for byte, wherever and
 * whenever its seed is used again.
 */
struct prng {
    uint64_t state;
};

static inline uint64_t prng_next(struct prng *prng)
{
    uint64_t mix = (prng->state += UINT64_C(0x9e3779b97f4a7c15));

    mix = (mix ^ (mix >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mix = (mix ^ (mix >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mix ^ (mix >> 31);
}

/* A number from 0 to limit - 1; 0 if limit is 0. */
static inline uint64_t prng_below(struct prng *prng, uint64_t limit)
{
    return (uint64_t)(((unsigned __int128)prng_next(prng) * limit) >> 64);
}

/* True once in a given number of calls. */
static inline bool prng_one_in(struct prng *prng, uint64_t calls)
{
    return prng_below(prng, calls) == 0;
}

#endif
