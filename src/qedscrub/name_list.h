/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_NAME_LIST_H
#define QEDSCRUB_NAME_LIST_H

#include <stddef.h>

#include "base/failure.h"

/* File names from a file, each ended by a NUL, as find -print0 writes them. */
struct name_list {
    char **names;
    size_t count, capacity;
};

/* Reads the file, or standard input for "-". name_list_free() is due either way. */
int name_list_read(struct name_list *list, const char *path, struct failure *why);

void name_list_free(struct name_list *list);

#endif
