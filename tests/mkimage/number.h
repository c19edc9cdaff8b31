/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_NUMBER_H
#define MKIMAGE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads a decimal number with an optional suffix K, M, G or T (powers of 1024), or a hexadecimal
 * one after 0x. *end is left after what was read. False if there is no number or it needs more than
 * 64 bits.
 */
bool number_scan(const char *text, const char **end, uint64_t *number);

/* The same for a text that is nothing but a number from min to max. */
bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *number);

#endif
