/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/json_take.h"

#include <errno.h>
#include <math.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"

#define MAX_KEY 64

bool json_has(const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL;
}

/* The member, if it is of the type that what names. */
static const json_t *take(const json_t *object, const char *key, bool (*is)(const json_t *),
                          const char *what, struct failure *why)
{
    const json_t *member = json_object_get(object, key);

    if (!member)
        failure_set(why, "%s: missing", key);
    else if (!is(member))
        failure_set(why, "%s: is not %s", key, what);
    else
        return member;
    return NULL;
}

static bool is_bool(const json_t *value)
{
    return json_is_boolean(value);
}

static bool is_real(const json_t *value)
{
    return json_is_number(value) && isfinite(json_number_value(value)) &&
           json_number_value(value) >= 0;
}

static bool is_integer(const json_t *value)
{
    return json_is_integer(value);
}

static bool is_text(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value);
}

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

static bool is_list(const json_t *value)
{
    return json_is_array(value);
}

/* "0x" and 1 to 16 digits, or a whole number from 0 on. */
static bool is_number(const json_t *value)
{
    const char *text = json_string_value(value);

    if (!text)
        return json_is_integer(value) && json_integer_value(value) >= 0;
    return is_text(value) && !strncmp(text, "0x", 2) && strlen(text) > 2 && strlen(text) <= 18 &&
           text[2 + strspn(text + 2, "0123456789abcdef")] == '\0';
}

bool take_bool(const json_t *object, const char *key, struct failure *why)
{
    return json_is_true(take(object, key, is_bool, "true or false", why));
}

double take_real(const json_t *object, const char *key, struct failure *why)
{
    return json_number_value(take(object, key, is_real, "a number from 0 on", why));
}

int64_t take_integer(const json_t *object, const char *key, int64_t least, int64_t most,
                     struct failure *why)
{
    const json_t *member = take(object, key, is_integer, "a whole number", why);
    int64_t value = json_integer_value(member);

    if (!member || (value >= least && value <= most))
        return value;
    failure_set(why, "%s: is out of range", key);
    return 0;
}

uint64_t take_number(const json_t *object, const char *key, struct failure *why)
{
    const json_t *member = take(object, key, is_number, "a number from 0 on", why);
    const char *text = json_string_value(member);

    return text ? strtoull(text, NULL, 16) : (uint64_t)json_integer_value(member);
}

uint64_t take_number_or(const json_t *object, const char *key, uint64_t absent, struct failure *why)
{
    const json_t *member = json_object_get(object, key);

    return !member || json_is_null(member) ? absent : take_number(object, key, why);
}

const char *take_string(const json_t *object, const char *key, struct failure *why)
{
    return json_string_value(take(object, key, is_text, "text", why));
}

/* The bytes that base 64 stands for, which must be the bytes of a name; NULL with *why filled. */
static char *decode_name(const char *key, const char *text, struct failure *why)
{
    size_t size = BASE64_DECODE_LENGTH(strlen(text));
    char *name = malloc(size + 1);
    struct base64_decode_ctx base64;

    if (!name) {
        failure_set_errno(why, ENOMEM, "%s", key);
        return NULL;
    }
    base64_decode_init(&base64);
    if (base64_decode_update(&base64, &size, (uint8_t *)name, strlen(text), text) &&
        base64_decode_final(&base64) && !memchr(name, '\0', size)) {
        name[size] = '\0';
        return name;
    }
    failure_set(why, "%s: is not a name in base 64", key);
    free(name);
    return NULL;
}

char *take_name(const json_t *object, const char *key, struct failure *why)
{
    const char *text = take_string(object, key, why);
    char exact[MAX_KEY];
    char *name;

    if (!text)
        return NULL;
    snprintf(exact, sizeof(exact), "%s-b64", key);
    if (json_has(object, exact)) {
        text = take_string(object, exact, why);
        return text ? decode_name(exact, text, why) : NULL;
    }
    name = strdup(text);
    if (!name)
        failure_set_errno(why, ENOMEM, "%s", key);
    return name;
}

unsigned take_word(const json_t *object, const char *key, const char *(*word)(unsigned),
                   unsigned count, struct failure *why)
{
    const char *text = take_string(object, key, why);

    for (unsigned i = 0; text && i < count; i++) {
        if (text[0] && !strcmp(text, word(i)))
            return i;
    }
    if (text)
        failure_set(why, "%s: %s is no word of this version", key, QUOTE(text));
    return 0;
}

const json_t *take_object(const json_t *object, const char *key, struct failure *why)
{
    return take(object, key, is_object, "an object", why);
}

const json_t *take_list(const json_t *object, const char *key, struct failure *why)
{
    return take(object, key, is_list, "a list", why);
}
