/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Untrusted text made safe for a terminal or a log line.
 *
 * Text that is valid UTF-8 without control, bidirectional or invisible characters is passed as it
 * is, unless it begins with a double quote. Anything else becomes a C string in double quotes, with
 * \n, \t, \r, \", \\ and three-digit octal escapes, so that the original can be recovered.
 */

/* Enough for a line; longer results are cut and end in "...". */
#define QUOTE_SIZE 512

/* Writes the quoted form of the NUL-terminated name into buffer, of at least 16 bytes; returns it.
 */
const char *quote_into(char *buffer, size_t size, const char *name);

/* The same for length bytes, which may hold NULs. */
const char *quote_bytes(char *buffer, size_t size, const char *bytes, size_t length);

/* Quotes within an expression; the result lives as long as the enclosing block. */
#define QUOTE(name) quote_into((char[QUOTE_SIZE]){0}, QUOTE_SIZE, name)

/*
 * The parts, for who writes names of any length: whether length bytes may pass as they are, and if
 * not, what stands for each of them between the double quotes. Returns how long that is.
 */
#define QUOTE_BYTE_SIZE 5
bool quote_is_plain(const char *bytes, size_t length);
size_t quote_byte(char out[QUOTE_BYTE_SIZE], unsigned char byte);

/*
 * Decodes one UTF-8 sequence of at most length bytes into *character. Returns its size, or 0 where
 * the bytes are not well-formed UTF-8 (overlong forms and surrogates included).
 */
size_t quote_utf8(const char *bytes, size_t length, unsigned *character);

/*
 * Whether a character moves the cursor, changes the direction of text, cannot be seen or is none
 * (U+FFFE and the like, which XML forbids).
 */
bool quote_is_unsafe(unsigned character);

#endif
