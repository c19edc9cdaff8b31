/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/meter.h"

#include <stddef.h>
#include <time.h>

double meter_now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void meter_begin(struct meter *meter, const char *phase, uint64_t total, bool bytes)
{
    if (!meter)
        return;
    /* Whoever looks in between sees a phase of which nothing is done. */
    atomic_store(&meter->done, 0);
    atomic_store(&meter->total, total);
    atomic_store(&meter->bytes, bytes);
    atomic_store(&meter->begun, meter_now());
    atomic_store(&meter->phase, phase);
}
