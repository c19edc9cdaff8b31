/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/readme.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/render/text.h"
#include "bugreport/templates.h"

/* A word between two @ of a template, and what it stands for. */
struct token {
    const char *name, *text;
};

static const char *find_token(const struct token *tokens, const char *name, size_t length)
{
    for (; tokens->name; tokens++) {
        if (strlen(tokens->name) == length && !strncmp(tokens->name, name, length))
            return tokens->text;
    }
    return NULL;
}

/* Writes the template with its tokens replaced; an @ that begins no token stays. */
static void fill_in(FILE *out, const char *template, const struct token *tokens)
{
    for (const char *at = template; *at;) {
        const char *end = *at == '@' ? strchr(at + 1, '@') : NULL;
        const char *text = end ? find_token(tokens, at + 1, (size_t)(end - at - 1)) : NULL;

        if (text) {
            fputs(text, out);
            at = end + 1;
        } else {
            fputc(*at++, out);
        }
    }
}

/* Fills in a template whose tokens are known; NULL if memory ran out. */
static char *filled(const char *template, const struct token *tokens, struct failure *why)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out) {
        fill_in(out, template, tokens);
        if (!fclose(out))
            return text;
    }
    free(text);
    failure_set_errno(why, ENOMEM, "cannot make README.txt");
    return NULL;
}

static void describe_check(const struct qemu_check *check, char *line, size_t size)
{
    if (check->opens)
        snprintf(line, size, "%" PRId32 " corruptions, %" PRId32 " leaks, exit status %d",
                 check->corruptions, check->leaks, check->exit_status);
    else
        snprintf(line, size, "does not open it (%s)", check->error);
}

static char *copy_text(const struct record *record, const char *label, struct failure *why)
{
    char size[TEXT_SIZE_SIZE], data[TEXT_SIZE_SIZE], check[160];
    struct token tokens[] = {
        {"SIZE", text_size(size, record->file_size)},
        {"DATA", text_size(data, record->copy.data_bytes)},
        {"LABEL", label},
        {"CHECK", check},
        {"BACKING", "No backing file is named in it."},
        {0},
    };

    if (record->copy.backing_name_kept)
        tokens[4].text = "The name of its backing file was kept at the reporter's wish; "
                         "qemu-img opens that\nfile, or fails where it is missing.";
    else if (record->has_backing_file)
        tokens[4].text = "The name of its backing file was\nremoved too, which changes nothing "
                         "for qemu-img check.";
    describe_check(&record->copy.qemu, check, sizeof(check));
    return filled(templates_copy, tokens, why);
}

char *readme_text(const struct record *record, const char *label, struct failure *why)
{
    bool has_copy = record->copy.present;
    char *copy = has_copy ? copy_text(record, label, why) : strdup(templates_nocopy);
    char *text = NULL;
    struct token tokens[] = {
        {"VERSION", QEDSCRUB_VERSION},
        {"CONTENTS", has_copy ? "It holds what is needed to debug the image's metadata, and a "
                                "sparse copy of that metadata."
                              : "It holds a report, but no copy of the image."},
        {"IMAGE_FILE", has_copy ? "  image.qed      the image's metadata, without its data\n" : ""},
        {"COPY", copy},
        {0},
    };

    if (copy)
        text = filled(templates_readme, tokens, why);
    else
        failure_set_errno(why, ENOMEM, "cannot make README.txt");
    free(copy);
    return text;
}
