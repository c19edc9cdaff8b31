/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/name_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"

static int add(struct name_list *list, char *name, struct failure *why)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        char **names = reallocarray(list->names, capacity, sizeof(*names));

        if (!names) {
            free(name);
            return failure_set_errno(why, ENOMEM, "cannot read the list of names");
        }
        list->names = names;
        list->capacity = capacity;
    }
    list->names[list->count++] = name;
    return 0;
}

static int read_names(struct name_list *list, FILE *in, const char *path, struct failure *why)
{
    for (;;) {
        char *name = NULL;
        size_t size = 0;

        errno = 0;
        if (getdelim(&name, &size, '\0', in) < 0) {
            free(name);
            return ferror(in) || errno ? failure_set_errno(why, errno, "%s", QUOTE(path)) : 0;
        }
        if (add(list, name, why))
            return -1;
    }
}

int name_list_read(struct name_list *list, const char *path, struct failure *why)
{
    FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
    int result;

    *list = (struct name_list){0};
    if (!in)
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    result = read_names(list, in, path, why);
    if (in != stdin)
        fclose(in);
    return result;
}

void name_list_free(struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct name_list){0};
}
