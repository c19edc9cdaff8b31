/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_DICE_H
#define QED_TOOL_DICE_H

#include <stdint.h>

/* splitmix64: the same seed makes the same choices wherever and whenever it is given again. */
struct dice {
    uint64_t state;
};

static inline uint64_t dice_next(struct dice *dice)
{
    uint64_t mix = (dice->state += UINT64_C(0x9e3779b97f4a7c15));

    mix = (mix ^ (mix >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mix = (mix ^ (mix >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mix ^ (mix >> 31);
}

/* A number from 0 to limit - 1; 0 if limit is 0. */
static inline uint64_t dice_below(struct dice *dice, uint64_t limit)
{
    return (uint64_t)(((unsigned __int128)dice_next(dice) * limit) >> 64);
}

#endif
