/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include <stddef.h>

/*
 * Reads of a mapped file that can fail. Where the disk fails, the file was cut, or there is no room
 * for a page, the kernel can only signal (SIGBUS). A guard turns that into an answer, for reads in
 * the range that it is set for, by the thread that set it; any other fault is a bug and dumps core.
 *
 * The first use installs a handler of SIGBUS. Several threads may use guards at a time, each its
 * own.
 */

/*
 * What runs under a guard. It can be left in the middle, so it must not allocate, lock, open or
 * print; of what it has written nothing counts after a fault.
 */
typedef void guard_function(void *context);

/* Runs a function that may read from lo up to hi. 0, or -1 if a read there failed. */
int guard_run(guard_function *function, void *context, const void *lo, const void *hi);

/* Copies mapped bytes. 0, or -1 if they cannot be read; then what is at `to` means nothing. */
int guard_copy(void *to, const void *from, size_t size);

#endif
