/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/hex.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_encode(const unsigned char *bytes, size_t size, char *text)
{
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

static bool decode_digit(char digit, unsigned *value)
{
    const char *found = digit ? strchr(digits, digit) : NULL;

    *value = found ? (unsigned)(found - digits) : 0;
    return found;
}

bool hex_decode(const char *text, size_t size, unsigned char *bytes)
{
    for (size_t i = 0; i < size; i++) {
        unsigned high, low;

        if (!decode_digit(text[2 * i], &high) || !decode_digit(text[2 * i + 1], &low))
            return false;
        bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
