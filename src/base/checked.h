/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Arithmetic on numbers that come from a file. Each helper says whether the exact result fits in 64
 * bits; *result is to be used only if it does.
 */
static inline bool checked_add(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_add_overflow(a, b, result);
}

static inline bool checked_multiply(uint64_t a, uint64_t b, uint64_t *result)
{
    return !__builtin_mul_overflow(a, b, result);
}

/* Rounds up to a multiple of unit, a power of two. */
static inline bool checked_round_up(uint64_t value, uint64_t unit, uint64_t *result)
{
    uint64_t sum;

    if (!checked_add(value, unit - 1, &sum))
        return false;
    *result = sum & ~(unit - 1);
    return true;
}

/* Whether the size bytes from offset on all lie below limit. */
static inline bool range_inside(uint64_t offset, uint64_t size, uint64_t limit)
{
    return offset <= limit && size <= limit - offset;
}

#endif
