/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

struct guard {
    sigjmp_buf back;
    uintptr_t lo, hi;
};

/*
 * The guard of the running thread, which its handler looks at. As a variable of the main program it
 * is at a fixed place of each thread, so that a handler can use it.
 */
static _Thread_local struct guard *volatile current;

/* Not a fault under a guard: what would have been without a handler, with a core that tells all. */
static void die(const siginfo_t *info)
{
    signal(SIGBUS, SIG_DFL);
    /* A fault comes again by itself when the handler returns; what somebody sent does not. */
    if (info->si_code <= 0)
        raise(SIGBUS);
}

/* Without SA_NODEFER the signal would stay blocked after the jump. */
static void handle(int number, siginfo_t *info, void *context)
{
    struct guard *guard = current;
    uintptr_t at = (uintptr_t)info->si_addr;

    (void)number, (void)context;
    if (info->si_code <= 0 || !guard || at < guard->lo || at >= guard->hi) {
        die(info);
        return;
    }
    current = NULL;
    siglongjmp(guard->back, 1);
}

static void install(void)
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NODEFER};

    sigaction(SIGBUS, &action, NULL);
}

int guard_run(guard_function *function, void *context, const void *lo, const void *hi)
{
    static pthread_once_t installed = PTHREAD_ONCE_INIT;
    struct guard guard = {.lo = (uintptr_t)lo, .hi = (uintptr_t)hi};

    pthread_once(&installed, install);
    if (sigsetjmp(guard.back, 0))
        return -1;
    current = &guard;
    atomic_signal_fence(memory_order_seq_cst);
    function(context);
    atomic_signal_fence(memory_order_seq_cst);
    current = NULL;
    return 0;
}

struct copy {
    void *to;
    const void *from;
    size_t size;
};

static void copy(void *context)
{
    const struct copy *job = context;

    memcpy(job->to, job->from, job->size);
}

int guard_copy(void *to, const void *from, size_t size)
{
    struct copy job = {to, from, size};

    return guard_run(copy, &job, from, (const char *)from + size);
}
