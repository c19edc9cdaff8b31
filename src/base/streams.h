/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_STREAMS_H
#define BASE_STREAMS_H

/*
 * Opens /dev/null in the place of standard input, output or error where a program was started
 * without: the next file opened would get that number, and messages would end up in it.
 */
void streams_fill(void);

#endif
