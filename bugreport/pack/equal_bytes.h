/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_EQUAL_BYTES_H
#define BUGREPORT_PACK_EQUAL_BYTES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/bytes.h"

#define EQUAL_BYTES_LINE 64

/* A bit for each byte of a word that is not 0. */
static inline uint64_t equal_bytes_not_zero(uint64_t word)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t high_bits = (((word & low) + low) | word) & ~low;

    return (high_bits >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* A bit for each byte of the line that is the one distance bytes before it; both can be read. */
static inline uint64_t equal_bytes_plain(const unsigned char *line, size_t distance)
{
    uint64_t differing = 0;

    for (unsigned i = 0; i < EQUAL_BYTES_LINE; i += 8)
        differing |=
            equal_bytes_not_zero(bytes_load64(line + i) ^ bytes_load64(line + i - distance)) << i;
    return ~differing;
}

/* The same. What every x86-64 has for it takes a quarter of the time. */
#ifdef __SSE2__
static inline uint64_t equal_bytes(const unsigned char *line, size_t distance)
{
    uint64_t equal = 0;

    for (unsigned i = 0; i < EQUAL_BYTES_LINE; i += 16) {
        __m128i here = _mm_loadu_si128((const __m128i_u *)(line + i));
        __m128i there = _mm_loadu_si128((const __m128i_u *)(line + i - distance));

        equal |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(here, there)) << i;
    }
    return equal;
}
#else
static inline uint64_t equal_bytes(const unsigned char *line, size_t distance)
{
    return equal_bytes_plain(line, distance);
}
#endif

#endif
