/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct gap *find_gap(const struct gap *gaps, const char *name, size_t length)
{
    for (; gaps->name; gaps++) {
        if (strlen(gaps->name) == length && !strncmp(gaps->name, name, length))
            return gaps;
    }
    return NULL;
}

/* Writes text that begins no gap, up to where one could begin. */
static const char *write_text(FILE *out, const char *at)
{
    size_t length = 1 + strcspn(at + 1, "@");

    fwrite(at, 1, length, out);
    return at + length;
}

void template_write(FILE *out, const char *template, const struct gap *gaps, const void *subject)
{
    for (const char *at = template; *at;) {
        const char *end = *at == '@' ? strchr(at + 1, '@') : NULL;
        const struct gap *gap = end ? find_gap(gaps, at + 1, (size_t)(end - at - 1)) : NULL;

        if (!gap) {
            at = write_text(out, at);
            continue;
        }
        if (gap->text)
            fputs(gap->text, out);
        else
            gap->write(out, subject);
        at = end + 1;
    }
}

char *template_text(const char *template, const struct gap *gaps, const void *subject,
                    struct failure *why)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out) {
        template_write(out, template, gaps, subject);
        if (!fclose(out))
            return text;
    }
    free(text);
    failure_set_errno(why, ENOMEM, "cannot write a text");
    return NULL;
}
