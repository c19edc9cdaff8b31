/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/escape.h"

#include <string.h>

#include "base/quote.h"

void escape_text(FILE *out, const char *text, escape_put *put)
{
    char bytes[QUOTE_BYTE_SIZE];

    if (quote_is_plain(text, strlen(text))) {
        for (; *text; text++)
            put(out, *text);
        return;
    }
    put(out, '"');
    for (; *text; text++) {
        quote_byte(bytes, (unsigned char)*text);
        for (const char *byte = bytes; *byte; byte++)
            put(out, *byte);
    }
    put(out, '"');
}

void escape_put_plain(FILE *out, char byte)
{
    putc(byte, out);
}

void escape_put_xml(FILE *out, char byte)
{
    static const char special[] = "&<>\"'";

    if (strchr(special, byte))
        fprintf(out, "&#%d;", byte);
    else
        putc(byte, out);
}

void escape_put_label(FILE *out, char byte)
{
    if (byte == '\\' || byte == '"')
        putc('\\', out);
    putc(byte, out);
}

void escape_put_markdown(FILE *out, char byte)
{
    static const char special[] = "!\"#$%&'()*+,:;<=>?@[\\]^_`{|}~";

    if (strchr(special, byte))
        fprintf(out, "&#%d;", byte);
    else
        putc(byte, out);
}

void escape_put_message(FILE *out, char byte)
{
    if (byte == '%')
        fputs("%25", out);
    else
        putc(byte, out);
}

void escape_put_property(FILE *out, char byte)
{
    if (byte == ':')
        fputs("%3A", out);
    else if (byte == ',')
        fputs("%2C", out);
    else
        escape_put_message(out, byte);
}

static void put_csv(FILE *out, char byte)
{
    if (byte == '"')
        putc('"', out);
    putc(byte, out);
}

void escape_csv(FILE *out, const char *text)
{
    putc('"', out);
    if (text[0] && strchr("=+-@'", text[0]))
        putc('\'', out);
    if (text[0])
        escape_text(out, text, put_csv);
    putc('"', out);
}
