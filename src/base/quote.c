/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/quote.h"

#include <stdio.h>
#include <string.h>

struct utf8_form {
    unsigned char mask, lead; /* (first byte & mask) == lead */
    unsigned char size;
    unsigned least; /* smaller characters must use a shorter form */
};

static const struct utf8_form forms[] = {
    {0x80, 0x00, 1, 0},
    {0xe0, 0xc0, 2, 0x80},
    {0xf0, 0xe0, 3, 0x800},
    {0xf8, 0xf0, 4, 0x10000},
};

size_t quote_utf8(const char *bytes, size_t length, unsigned *character)
{
    const unsigned char *b = (const unsigned char *)bytes;
    const struct utf8_form *form = forms;
    unsigned c;

    if (length == 0)
        return 0;
    while (form < forms + 4 && (b[0] & form->mask) != form->lead)
        form++;
    if (form == forms + 4 || form->size > length)
        return 0;
    c = b[0] & (unsigned char)~form->mask;
    for (size_t i = 1; i < form->size; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (b[i] & 0x3f);
    }
    if (c < form->least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *character = c;
    return form->size;
}

bool quote_is_unsafe(unsigned c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x61c ||
           (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f) ||
           (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
}

bool quote_is_plain(const char *bytes, size_t length)
{
    size_t at = 0;

    if (length == 0 || bytes[0] == '"')
        return false;
    while (at < length) {
        unsigned c;
        size_t size = quote_utf8(bytes + at, length - at, &c);

        if (size == 0 || quote_is_unsafe(c))
            return false;
        at += size;
    }
    return true;
}

size_t quote_byte(char out[QUOTE_BYTE_SIZE], unsigned char byte)
{
    static const char letters[] = "n\nt\tr\r\"\"\\\\";

    for (size_t i = 0; i < sizeof(letters) - 1; i += 2) {
        if ((unsigned char)letters[i + 1] == byte)
            return (size_t)snprintf(out, QUOTE_BYTE_SIZE, "\\%c", letters[i]);
    }
    if (byte < 0x20 || byte >= 0x7f)
        return (size_t)snprintf(out, QUOTE_BYTE_SIZE, "\\%03o", byte);
    out[0] = (char)byte;
    out[1] = '\0';
    return 1;
}

static void write_escaped(char *buffer, size_t size, const char *bytes, size_t length)
{
    size_t used = 0;

    buffer[used++] = '"';
    for (size_t i = 0; i < length; i++) {
        char out[QUOTE_BYTE_SIZE];
        size_t n = quote_byte(out, (unsigned char)bytes[i]);

        if (used + n + sizeof("...\"") > size) {
            memcpy(buffer + used, "...", 3);
            used += 3;
            break;
        }
        memcpy(buffer + used, out, n);
        used += n;
    }
    buffer[used++] = '"';
    buffer[used] = '\0';
}

const char *quote_bytes(char *buffer, size_t size, const char *bytes, size_t length)
{
    if (quote_is_plain(bytes, length) && length < size) {
        memcpy(buffer, bytes, length);
        buffer[length] = '\0';
    } else {
        write_escaped(buffer, size, bytes, length);
    }
    return buffer;
}

const char *quote_into(char *buffer, size_t size, const char *name)
{
    return quote_bytes(buffer, size, name, strlen(name));
}
