/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_METER_H
#define BASE_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * How far a long piece of work is. Whoever does the work moves the meter, from any thread or
 * process that shares its memory; whoever wants to know looks at it when they like. All functions
 * take NULL for a meter that nobody looks at.
 */
struct meter {
    _Atomic(const char *) phase; /* a constant text; NULL: nothing has begun */
    atomic_uint_fast64_t done, total;
    atomic_bool bytes;    /* is what done and total count */
    _Atomic double begun; /* when the phase was, in seconds as of meter_now() */
};

/* Seconds of a clock that only goes forward. */
double meter_now(void);

/* Begins a phase in which there is so much to do. */
void meter_begin(struct meter *meter, const char *phase, uint64_t total, bool bytes);

/* So much more is done. */
static inline void meter_add(struct meter *meter, uint64_t done)
{
    if (meter)
        atomic_fetch_add_explicit(&meter->done, done, memory_order_relaxed);
}

/* So much is done of the phase. */
static inline void meter_set(struct meter *meter, uint64_t done)
{
    if (meter)
        atomic_store_explicit(&meter->done, done, memory_order_relaxed);
}

#endif
