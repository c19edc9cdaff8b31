/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the input as a name in each format and reads it back by the format's own rules; aborts
 * where the name does not come back, or where what was written could move a cursor.
 */
#include <nettle/base64.h>
#include <stdio.h>

#include "base/quote.h"
#include "bugreport/json_text.h"
#include "bugreport/render/escape.h"
#include "tests/fuzz/fuzz.h"

#define MAX_NAME 600

static bool is_safe(const char *text)
{
    for (size_t at = 0, size; text[at]; at += size) {
        unsigned character = 0;

        size = quote_utf8(text + at, strlen(text + at), &character);
        if (size == 0 || quote_is_unsafe(character))
            return false;
    }
    return true;
}

/* Undoes quote.h in place: what is in double quotes is a C string. */
static void unquote(char *text)
{
    char *out = text, *in = text + 1;

    if (text[0] != '"')
        return;
    while (*in != '"') {
        if (*in != '\\') {
            *out++ = *in++;
        } else if (in[1] >= '0' && in[1] <= '3') {
            *out++ = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
            in += 4;
        } else {
            *out++ = in[1] == 'n' ? '\n' : in[1] == 't' ? '\t' : in[1] == 'r' ? '\r' : in[1];
            in += 2;
        }
    }
    demand(in[1] == '\0');
    *out = '\0';
}

/* The formats' rules backwards: each reads a character at *in. */
static char read_plain(const char **in)
{
    return *(*in)++;
}

static char read_reference(const char **in)
{
    char *end;
    long number;

    demand(!strchr("<>\"'", **in));
    if (**in != '&')
        return *(*in)++;
    demand((*in)[1] == '#');
    number = strtol(*in + 2, &end, 10);
    demand(*end == ';' && number > 0x20 && number < 0x7f);
    *in = end + 1;
    return (char)number;
}

static char read_markdown(const char **in)
{
    demand(!strchr("!\"*<>[\\]_`|~", **in));
    return read_reference(in);
}

static char read_label(const char **in)
{
    demand(**in != '"');
    if (**in == '\\') {
        ++*in;
        demand(**in == '\\' || **in == '"');
    }
    return *(*in)++;
}

static char read_percent(const char **in)
{
    unsigned number = 0;

    if (**in != '%')
        return *(*in)++;
    demand(sscanf(*in + 1, "%2X", &number) == 1);
    *in += 3;
    return (char)number;
}

static char read_property(const char **in)
{
    demand(**in != ':' && **in != ',');
    return read_percent(in);
}

static char *written(const char *name, escape_put *put)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    demand(out != NULL);
    if (put)
        escape_text(out, name, put);
    else
        escape_csv(out, name);
    demand(!fclose(out) && text);
    demand(is_safe(text));
    return text;
}

static void check_format(const char *name, escape_put *put, char (*read)(const char **in))
{
    char *text = written(name, put), *back = malloc(strlen(text) + 1), *out = back;

    demand(back != NULL);
    for (const char *in = text; *in;)
        *out++ = read(&in);
    *out = '\0';
    unquote(back);
    demand(!strcmp(back, name));
    free(text);
    free(back);
}

static void check_csv(const char *name)
{
    char *text = written(name, NULL), *out = text, *in = text + 1;
    size_t length = strlen(text);

    demand(length >= 2 && text[0] == '"' && text[length - 1] == '"');
    demand(!strchr("=+-@", text[1]));
    in += *in == '\'';
    for (; in < text + length - 1; in++) {
        demand(*in != '"' || *++in == '"');
        *out++ = *in;
    }
    *out = '\0';
    unquote(text);
    demand(!strcmp(text, name));
    free(text);
}

static void check_json(const char *name)
{
    json_t *object = json_object(), *back;
    struct failure why = {0};
    struct base64_decode_ctx decoder;
    const char *coded;
    char bytes[MAX_NAME + 4];
    size_t size = sizeof(bytes);
    char *text;

    demand(!json_set_name(object, "name", name));
    text = json_text(object, JSON_COMPACT, &why);
    demand(text && is_safe(text));
    back = json_loads(text, 0, NULL);
    demand(back && json_equal(object, back));
    coded = json_string_value(json_object_get(back, "name-b64"));
    if (coded) {
        base64_decode_init(&decoder);
        demand(base64_decode_update(&decoder, &size, (uint8_t *)bytes, strlen(coded), coded) &&
               base64_decode_final(&decoder));
        demand(size == strlen(name) && !memcmp(bytes, name, size));
    } else {
        demand(!strcmp(json_string_value(json_object_get(back, "name")), name));
    }
    free(text);
    json_decref(object);
    json_decref(back);
}

/* Into buffers of all sizes: safe, and whole where there is room. */
static void check_quote(const char *name, size_t room)
{
    char buffer[5 * MAX_NAME];
    size_t small = 16 + room % (sizeof(buffer) - 16);

    demand(is_safe(quote_into(buffer, small, name)));
    demand(strlen(buffer) < small);
    quote_into(buffer, sizeof(buffer), name);
    demand(is_safe(buffer));
    unquote(buffer);
    demand(!strcmp(buffer, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t room = take(&input);
    char name[MAX_NAME + 1] = {0};

    memcpy(name, input.data, input.size < MAX_NAME ? input.size : MAX_NAME);
    check_quote(name, room);
    check_json(name);
    check_csv(name);
    check_format(name, escape_put_plain, read_plain);
    check_format(name, escape_put_xml, read_reference);
    check_format(name, escape_put_markdown, read_markdown);
    check_format(name, escape_put_label, read_label);
    check_format(name, escape_put_message, read_percent);
    check_format(name, escape_put_property, read_property);
    return 0;
}
