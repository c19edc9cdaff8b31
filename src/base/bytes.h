/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdint.h>
#include <string.h>

/*
 * Little-endian loads and stores at any alignment. They go through memcpy, since a mapped file may
 * put a field anywhere; compilers make single instructions of them.
 */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTES_LE32(x) (x)
#define BYTES_LE64(x) (x)
#else
#define BYTES_LE32(x) __builtin_bswap32(x)
#define BYTES_LE64(x) __builtin_bswap64(x)
#endif

static inline uint32_t bytes_load32(const void *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof(value));
    return BYTES_LE32(value);
}

static inline uint64_t bytes_load64(const void *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof(value));
    return BYTES_LE64(value);
}

static inline void bytes_store32(void *to, uint32_t value)
{
    uint32_t stored = BYTES_LE32(value);

    memcpy(to, &stored, sizeof(stored));
}

static inline void bytes_store64(void *to, uint64_t value)
{
    uint64_t stored = BYTES_LE64(value);

    memcpy(to, &stored, sizeof(stored));
}

#endif
