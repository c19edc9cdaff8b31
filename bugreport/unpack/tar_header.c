/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/tar_header.h"

#include <string.h>

#include "base/checked.h"
#include "base/quote.h"

/*
 * A header block: name, then fields of text and of octal digits, all padded with NULs. Source:
 * POSIX, "ustar interchange format".
 */
enum {
    AT_NAME = 0,
    AT_MODE = 100,
    AT_UID = 108,
    AT_GID = 116,
    AT_SIZE = 124,
    AT_TIME = 136,
    AT_CHECKSUM = 148,
    AT_TYPE = 156,
    AT_LINK = 157,
    AT_MAGIC = 257,
    AT_USER = 265,
    AT_DEVICE = 329,
    AT_PREFIX = 345,
    AT_END = 500
};

bool tar_number(const char *text, size_t length, uint64_t *number)
{
    uint64_t value = 0;

    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || !checked_multiply(value, 10, &value) ||
            !checked_add(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    }
    *number = value;
    return value <= INT64_MAX;
}

/*
 * Octal digits, then spaces and NULs; or, where the number has no room, 0x80 and the number itself,
 * which is taken from the attributes then.
 */
static bool octal(const unsigned char *field, size_t length, uint64_t *number)
{
    size_t i = 0;

    *number = field[0] == 0x80 ? UINT64_MAX : 0;
    if (field[0] == 0x80)
        return true;
    for (; i < length && field[i] >= '0' && field[i] <= '7'; i++)
        *number = *number * 8 + (uint64_t)(field[i] - '0');
    if (i == 0)
        return false;
    for (; i < length; i++) {
        if (field[i] != ' ' && field[i] != '\0')
            return false;
    }
    return true;
}

static bool is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

/* A text of letters that need no quoting, padded with NULs; returns its length, or -1. */
static int take_text(const unsigned char *field, size_t length, char *to)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-/";
    size_t used = strnlen((const char *)field, length);

    memcpy(to, field, used);
    to[used] = '\0';
    if (strspn(to, allowed) != used || !is_zero(field + used, length - used))
        return -1;
    return (int)used;
}

/* The path stands in two parts if it is long. */
static int take_path(const unsigned char *block, char path[UNTAR_MAX_PATH], struct failure *why)
{
    int prefix = take_text(block + AT_PREFIX, AT_END - AT_PREFIX, path);
    char shown[QUOTE_SIZE];

    if (prefix > 0)
        path[prefix++] = '/';
    if (prefix < 0 || take_text(block + AT_NAME, AT_MODE - AT_NAME, path + prefix) <= 0)
        return failure_set(why, "a member's name is not one that a bundle has: %s",
                           quote_bytes(shown, sizeof(shown), (const char *)block,
                                       strnlen((const char *)block, AT_MODE)));
    return 0;
}

static bool checksum_is_right(const unsigned char *block)
{
    uint64_t sum = 8 * (uint64_t)' ', told;

    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i < AT_CHECKSUM || i >= AT_TYPE ? block[i] : 0;
    return octal(block + AT_CHECKSUM, AT_TYPE - AT_CHECKSUM, &told) && told == sum;
}

int tar_header_decode(const unsigned char block[TAR_BLOCK], struct tar_header *header,
                      struct failure *why)
{
    uint64_t mode, uid, gid, time, device[2];

    if (memcmp(block + AT_MAGIC, "ustar\00000", AT_USER - AT_MAGIC) != 0)
        return failure_set(why, "not a tar archive as bundles are: no header");
    if (!checksum_is_right(block))
        return failure_set(why, "the checksum of a member's header is wrong");
    if (take_path(block, header->path, why))
        return -1;
    header->type = (char)block[AT_TYPE];
    if (header->type != '0' && header->type != 'x')
        return failure_set(why, "%s: not a regular file", header->path);
    if (!octal(block + AT_MODE, AT_UID - AT_MODE, &mode) ||
        !octal(block + AT_UID, AT_GID - AT_UID, &uid) ||
        !octal(block + AT_GID, AT_SIZE - AT_GID, &gid) ||
        !octal(block + AT_SIZE, AT_TIME - AT_SIZE, &header->size) ||
        !octal(block + AT_TIME, AT_CHECKSUM - AT_TIME, &time) ||
        !octal(block + AT_DEVICE, 8, &device[0]) || !octal(block + AT_DEVICE + 8, 8, &device[1]))
        return failure_set(why, "%s: its header holds what is no number", header->path);
    if (mode != 0644 || uid || gid || device[0] || device[1] ||
        !is_zero(block + AT_LINK, AT_MAGIC - AT_LINK) ||
        !is_zero(block + AT_USER, AT_DEVICE - AT_USER) ||
        !is_zero(block + AT_END, TAR_BLOCK - AT_END))
        return failure_set(why, "%s: its header tells of an owner, a link or a mode", header->path);
    return 0;
}

static bool key_is(const char *key, size_t length, const char *name)
{
    return strlen(name) == length && !memcmp(key, name, length);
}

/* One attribute. Times are passed over: they are all that SOURCE_DATE_EPOCH may set. */
static bool take_attribute(struct tar_attributes *attributes, const char *key, size_t key_length,
                           const char *value, size_t length)
{
    uint64_t number;

    if (key_is(key, key_length, "path") || key_is(key, key_length, "GNU.sparse.name")) {
        if (length == 0 || length >= UNTAR_MAX_PATH)
            return false;
        return take_text((const unsigned char *)value, length, attributes->path) == (int)length;
    }
    if (!tar_number(value, length, &number))
        return false;
    if (key_is(key, key_length, "size")) {
        attributes->has_size = true;
        attributes->size = number;
        return true;
    }
    if (key_is(key, key_length, "GNU.sparse.realsize")) {
        attributes->real_size = number;
        return true;
    }
    if (key_is(key, key_length, "GNU.sparse.major"))
        return (attributes->sparse = number == 1);
    if (key_is(key, key_length, "GNU.sparse.minor"))
        return number == 0;
    return key_is(key, key_length, "mtime");
}

int tar_attributes_decode(const char *text, size_t size, struct tar_attributes *attributes,
                          struct failure *why)
{
    char shown[QUOTE_SIZE];

    *attributes = (struct tar_attributes){0};
    while (size > 0) {
        const char *space = memchr(text, ' ', size), *equals = memchr(text, '=', size);
        uint64_t length = 0;

        if (!space || !equals || equals < space ||
            !tar_number(text, (size_t)(space - text), &length) || length > size ||
            text + length <= equals + 1 || text[length - 1] != '\n')
            return failure_set(why, "attributes of a member are damaged");
        if (!take_attribute(attributes, space + 1, (size_t)(equals - space - 1), equals + 1,
                            (size_t)(text + length - equals - 2)))
            return failure_set(
                why, "a member has the attribute %s, which a bundle has not",
                quote_bytes(shown, sizeof(shown), space + 1, (size_t)(text + length - space - 2)));
        text += length;
        size -= (size_t)length;
    }
    return 0;
}
