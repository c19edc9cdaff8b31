/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/leftover.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};

/* A handler has no other way to know. It is changed only while the signals are blocked. */
static struct leftover *leftovers;

/* SA_RESETHAND has put the default action back: raised again, the signal ends the program. */
static void remove_all(int number)
{
    for (struct leftover *leftover = leftovers; leftover; leftover = leftover->next)
        unlinkat(leftover->directory, leftover->name, 0);
    raise(number);
}

static void install(void)
{
    struct sigaction action = {.sa_handler = remove_all, .sa_flags = (int)SA_RESETHAND};

    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        struct sigaction present;

        if (!sigaction(deadly[i], NULL, &present) && present.sa_handler == SIG_DFL)
            sigaction(deadly[i], &action, NULL);
    }
}

static void block(sigset_t *before)
{
    sigset_t signals;

    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
        sigaddset(&signals, deadly[i]);
    sigprocmask(SIG_BLOCK, &signals, before);
}

void leftover_add(struct leftover *leftover)
{
    sigset_t before;

    block(&before);
    leftover->next = leftovers;
    leftovers = leftover;
    install();
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void leftover_drop(struct leftover *leftover)
{
    struct leftover **link = &leftovers;
    sigset_t before;

    block(&before);
    while (*link && *link != leftover)
        link = &(*link)->next;
    if (*link)
        *link = leftover->next;
    sigprocmask(SIG_SETMASK, &before, NULL);
}
