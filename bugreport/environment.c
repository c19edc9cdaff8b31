/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/environment.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 160

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            " .,:;+-/()?_#~";

const struct environment_row environment_rows[ENVIRONMENT_FACTS] = {
    {"libraries", offsetof(struct environment, libraries)},
    {"kernel", offsetof(struct environment, kernel)},
    {"architecture", offsetof(struct environment, architecture)},
    {"distribution", offsetof(struct environment, distribution)},
};

char **environment_fact(struct environment *environment, const struct environment_row *row)
{
    return (char **)(void *)((char *)environment + row->at);
}

int environment_set(char **fact, const char *text, struct failure *why)
{
    char *copy = strndup(text, LONGEST);

    if (!copy)
        return failure_set_errno(why, ENOMEM, "cannot keep a fact of the host");
    for (char *at = copy; *(at += strspn(at, plain));)
        *at = '?';
    free(*fact);
    *fact = copy;
    return 0;
}

bool environment_is_plain(const char *text)
{
    size_t length = strspn(text, plain);

    return !text[length] && length <= LONGEST;
}

void environment_free(struct environment *environment)
{
    for (int i = 0; i < ENVIRONMENT_FACTS; i++)
        free(*environment_fact(environment, &environment_rows[i]));
    *environment = (struct environment){0};
}
