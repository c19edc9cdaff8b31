/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_NUMBER_H
#define QED_TOOL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a number that a person typed: decimal, or hexadecimal after 0x, and perhaps one of the
 * suffixes k, M, G, T, P, E in either case, powers of 1024 (in hexadecimal an e is a digit). False
 * where the text is anything else or does not fit in 64 bits.
 */
bool number_parse(const char *text, uint64_t *value);

/*
 * Reads L1 or L1:L2, indices of an element. *has_l2 says which; without it *l2 is 0. False where
 * the text is neither.
 */
bool number_parse_at(const char *text, uint64_t *l1, bool *has_l2, uint64_t *l2);

#endif
