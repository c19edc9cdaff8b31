/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/interrupt.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t signals_to_take(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction action;

        if (!sigaction(signals[i], NULL, &action) && action.sa_handler != SIG_IGN)
            sigaddset(&set, signals[i]);
    }
    return set;
}

int interrupt_begin(struct interrupt *interrupt, struct failure *why)
{
    sigset_t set = signals_to_take();

    interrupt->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (interrupt->fd < 0)
        return failure_set_errno(why, errno, "cannot wait for signals");
    sigprocmask(SIG_BLOCK, &set, &interrupt->old);
    return 0;
}

int interrupt_taken(const struct interrupt *interrupt)
{
    struct signalfd_siginfo taken;

    if (read(interrupt->fd, &taken, sizeof(taken)) != sizeof(taken))
        return 0;
    return (int)taken.ssi_signo;
}

void interrupt_end(struct interrupt *interrupt)
{
    close(interrupt->fd);
    interrupt->fd = -1;
    sigprocmask(SIG_SETMASK, &interrupt->old, NULL);
}
