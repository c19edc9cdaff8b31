/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_HUFFMAN_H
#define BUGREPORT_PACK_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

/* Huffman codes as deflate (RFC 1951, 3.2.2) wants them. */
#define HUFFMAN_MOST_SYMBOLS 288
#define HUFFMAN_MOST_BITS    15

/*
 * Gives each symbol that counts name a length in bits, at most limit, which must have room for all
 * of them; the others get 0. A symbol that is alone gets 1.
 */
void huffman_lengths(const uint32_t *counts, size_t symbols, unsigned limit, uint8_t *lengths);

/* The canonical codes of these lengths, turned round: the first bit of a code is the lowest. */
void huffman_codes(const uint8_t *lengths, size_t symbols, uint16_t *codes);

#endif
