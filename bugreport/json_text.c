/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/json_text.h"

#include <errno.h>
#include <inttypes.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/record.h"

/* JSON numbers are read as signed 64-bit integers; nothing legal is larger. */
json_t *json_number(uint64_t value)
{
    if (value == RECORD_UNKNOWN)
        return json_null();
    if (value <= INT64_MAX)
        return json_integer((json_int_t)value);
    return json_sprintf("0x%" PRIx64, value);
}

/* Replaces what is not UTF-8; the result is at most three times as long. */
static char *make_utf8(const char *name)
{
    size_t length = strlen(name), at = 0, used = 0;
    char *text = malloc(3 * length + 1);

    while (text && at < length) {
        unsigned character;
        size_t size = quote_utf8(name + at, length - at, &character);

        memcpy(text + used, size ? name + at : "\xef\xbf\xbd", size ? size : 3);
        used += size ? size : 3;
        at += size ? size : 1;
    }
    if (text)
        text[used] = '\0';
    return text;
}

static int set_base64(json_t *object, const char *key, const char *name)
{
    size_t length = strlen(name), size = BASE64_ENCODE_RAW_LENGTH(length);
    char full_key[64];
    char *text = malloc(size + 1);
    int result;

    if (!text)
        return -1;
    base64_encode_raw(text, length, (const uint8_t *)name);
    text[size] = '\0';
    snprintf(full_key, sizeof(full_key), "%s-b64", key);
    result = json_object_set_new(object, full_key, json_string(text));
    free(text);
    return result;
}

int json_set_name(json_t *object, const char *key, const char *name)
{
    char *text = make_utf8(name);
    int result;

    if (!text)
        return -1;
    result = json_object_set_new(object, key, json_string(text));
    if (!result && strcmp(text, name) != 0)
        result = set_base64(object, key, name);
    free(text);
    return result;
}

/* Writes the escape, a pair of them beyond 16 bits. Returns its length. */
static size_t escape(char *out, unsigned character)
{
    if (character < 0x10000)
        return (size_t)sprintf(out, "\\u%04x", character);
    character -= 0x10000;
    return (size_t)sprintf(out, "\\u%04x\\u%04x", 0xd800 + (character >> 10),
                           0xdc00 + (character & 0x3ff));
}

/* Bytes by which text grows when all that is unsafe in it is escaped, at most. */
#define ESCAPE_GROWTH 6

/* Outside of strings JSON text is ASCII, and in them jansson has escaped what is below 0x20. */
static char *escape_unsafe(const char *text)
{
    size_t length = strlen(text), used = 0, size;
    char *safe = malloc(ESCAPE_GROWTH * length + 1);
    unsigned character;

    for (size_t at = 0; safe && at < length; at += size) {
        size = quote_utf8(text + at, length - at, &character);
        if (text[at] != '\n' && quote_is_unsafe(character)) {
            used += escape(safe + used, character);
        } else {
            memcpy(safe + used, text + at, size);
            used += size;
        }
    }
    if (safe)
        safe[used] = '\0';
    return safe;
}

static bool has_unsafe(const char *text)
{
    return text[strspn(text, "\n !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~")];
}

char *json_text(const json_t *value, size_t flags, struct failure *why)
{
    char *text = json_dumps(value, flags | JSON_REAL_PRECISION(15)), *safe;

    if (text && has_unsafe(text)) {
        safe = escape_unsafe(text);
        free(text);
        text = safe;
    }
    if (!text)
        failure_set_errno(why, ENOMEM, "cannot render JSON");
    return text;
}
