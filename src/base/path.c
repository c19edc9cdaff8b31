/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *path_folder(const char *path)
{
    size_t length = (size_t)(path_base(path) - path);

    if (length == 0)
        return strdup(".");
    return strndup(path, length > 1 ? length - 1 : length);
}

/* Removes the last part of what has been written, unless there is none that ".." takes back. */
static bool take_back(char *text, size_t *length, size_t root)
{
    size_t start = *length;

    while (start > root && text[start - 1] != '/')
        start--;
    if (start == *length || (*length - start == 2 && !memcmp(text + start, "..", 2)))
        return false;
    *length = start > root ? start - 1 : start;
    return true;
}

/* Writes the parts of path into text, which has room for them. */
static void tidy_into(char *text, const char *path, bool resolve)
{
    size_t root = path[0] == '/', length = root;

    text[0] = '/';
    while (*path) {
        size_t part = strcspn(path, "/");
        bool up = part == 2 && !memcmp(path, "..", 2);
        bool dropped = part == 0 || (part == 1 && path[0] == '.') ||
                       (up && resolve && (take_back(text, &length, root) || root));

        if (!dropped) {
            if (length > root)
                text[length++] = '/';
            memcpy(text + length, path, part);
            length += part;
        }
        path += part + (path[part] == '/');
    }
    if (length == 0)
        text[length++] = '.';
    text[length] = '\0';
}

static char *tidy(const char *path, bool resolve)
{
    char *text = malloc(strlen(path) + 2);

    if (text)
        tidy_into(text, path, resolve);
    return text;
}

char *path_tidy(const char *path)
{
    return tidy(path, false);
}

char *path_anchor(const char *path)
{
    char *tidied = path_tidy(path), *anchored;

    if (!tidied || tidied[0] == '/' || !strcmp(tidied, "."))
        return tidied;
    anchored = path_join(".", tidied);
    free(tidied);
    return anchored;
}

char *path_join(const char *folder, const char *name)
{
    const char *slash = folder[0] && folder[strlen(folder) - 1] == '/' ? "" : "/";
    char *path;

    return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

char *path_beside(const char *path, const char *name)
{
    int folder = (int)(path_base(path) - path);
    char *joined, *result;

    if (name[0] == '/')
        return tidy(name, true);
    if (asprintf(&joined, "%.*s%s", folder, path, name) < 0)
        return NULL;
    result = tidy(joined, true);
    free(joined);
    return result;
}
