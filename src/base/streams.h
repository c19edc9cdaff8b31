/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_STREAMS_H
#define BASE_STREAMS_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Opens /dev/null in the place of standard input, output or error where a program was started
 * without: the next file opened would get that number, and messages would end up in it.
 */
void streams_fill(void);

/* Closes a stream at the end of a program: whether all that was printed has arrived. */
bool streams_close(FILE *stream);

#endif
