/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/names.h"

#include <errno.h>
#include <search.h>
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

/* A name that was given out, and of the first of a stem the last number of that stem. */
struct given {
    char *path;
    unsigned number;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct given *)a)->path, ((const struct given *)b)->path);
}

static void free_given(void *given)
{
    free(((struct given *)given)->path);
    free(given);
}

/* The name as it was given out before, or NULL. */
static struct given *find_given(const struct names *names, char *path)
{
    struct given key = {.path = path}, **found = tfind(&key, &names->given, compare);

    return found ? *found : NULL;
}

/* Takes path over. */
static struct given *add_given(struct names *names, char *path)
{
    struct given *given = malloc(sizeof(*given));

    if (given)
        *given = (struct given){path, 1};
    if (!given || !tsearch(given, &names->given, compare)) {
        free(given);
        free(path);
        return NULL;
    }
    return given;
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

static const char *out_of_memory(void)
{
    struct failure why = {0};

    failure_set_errno(&why, ENOMEM, "cannot name a bundle");
    complain(&why);
    return NULL;
}

const char *names_next(struct names *names, const char *image_path)
{
    char *path = make_name(names, image_path, 1);
    struct given *first = path ? find_given(names, path) : NULL, *given;

    while (first && path && find_given(names, path)) {
        free(path);
        path = make_name(names, image_path, ++first->number);
    }
    given = path ? add_given(names, path) : NULL;
    return given ? given->path : out_of_memory();
}

void names_free(struct names *names)
{
    tdestroy(names->given, free_given);
    names->given = NULL;
}
