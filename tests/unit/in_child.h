/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_IN_CHILD_H
#define UNIT_IN_CHILD_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/*
 * Tests that meet signals run in a child process: cmocka has handlers of its own for some of them,
 * and puts them back for every test. There demand() stands for cmocka's assertions.
 */
#define demand(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

/* Runs a function in a child and returns its wait status; 0 is well. */
static inline int run_in_child(void (*body)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        const struct rlimit no_core = {0, 0};

        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGBUS, SIG_DFL);
        body();
        exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#endif
