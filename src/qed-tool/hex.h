/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_HEX_H
#define QED_TOOL_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* Writes two lower-case digits for each byte, and a NUL. */
void hex_encode(const unsigned char *bytes, size_t size, char *text);

/* Reads what hex_encode() writes: 2 * size digits. False where one is no lower-case digit. */
bool hex_decode(const char *text, size_t size, unsigned char *bytes);

#endif
