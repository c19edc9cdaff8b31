/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

/*
 * A jail for the process that parses untrusted bytes. Two layers, each used where the kernel has
 * it: Landlock takes the rights to files, TCP and other processes' sockets and signals; seccomp
 * allows only the system calls on a list. What is open stays usable, for whatever it was opened
 * for; nothing can be opened, connected to or executed any more.
 *
 * A build with QEDSCRUB_NO_SANDBOX has no layers: sanitizers and coverage do what no jail allows.
 */
enum sandbox_layer { SANDBOX_LANDLOCK = 1, SANDBOX_SECCOMP = 2 };

/* What a jail consists of that leaves nothing to wish for; 0 in a build without layers. */
unsigned sandbox_best(void);

/* The layers that this kernel offers, a set of enum sandbox_layer. */
unsigned sandbox_probe(void);

/*
 * Jails this process for good, and the threads that it starts from then on, but not those it has
 * already. Returns the layers that hold now. A system call that is not on the list kills the
 * process with SIGSYS; only those that a library may try without need fail with EACCES.
 */
unsigned sandbox_enter(void);

/* A set of layers in words: "Landlock and seccomp", "seccomp", "none". */
const char *sandbox_name(unsigned layers);

#endif
