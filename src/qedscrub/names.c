/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "qedscrub/commands.h"

bool names_is_directory(const char *path)
{
    struct stat stat_of;

    return !stat(path, &stat_of) && S_ISDIR(stat_of.st_mode);
}

/* The name without its last extension; one that consists of nothing else stays. */
static int stem_length(const char *base)
{
    const char *dot = strrchr(base, '.');

    return (int)(dot && dot != base ? (size_t)(dot - base) : strlen(base));
}

static bool is_given(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (!strcmp(names->given[i], path))
            return true;
    }
    return false;
}

static char *make_name(const struct names *names, const char *image_path, unsigned number)
{
    const char *base = path_base(image_path);
    size_t length = strlen(names->directory);
    const char *slash = length && names->directory[length - 1] == '/' ? "" : "/";
    char suffix[16] = "", *path;

    if (number > 1)
        snprintf(suffix, sizeof(suffix), "-%u", number);
    if (asprintf(&path, "%s%s%.*s%s.bug.tar.gz", names->directory, slash, stem_length(base), base,
                 suffix) < 0)
        return NULL;
    return path;
}

static bool has_room(struct names *names)
{
    size_t capacity = names->capacity ? names->capacity * 2 : 16;
    char **given;

    if (names->count < names->capacity)
        return true;
    given = reallocarray(names->given, capacity, sizeof(*given));
    if (!given)
        return false;
    names->given = given;
    names->capacity = capacity;
    return true;
}

const char *names_next(struct names *names, const char *image_path)
{
    char *path = has_room(names) ? make_name(names, image_path, 1) : NULL;

    for (unsigned number = 2; path && is_given(names, path); number++) {
        free(path);
        path = make_name(names, image_path, number);
    }
    if (!path) {
        struct failure why = {0};

        failure_set_errno(&why, ENOMEM, "cannot name a bundle");
        complain(&why);
        return NULL;
    }
    names->given[names->count++] = path;
    return path;
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->given[i]);
    free(names->given);
}
