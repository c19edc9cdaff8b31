/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_FILES_H
#define QEDSCRUB_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "bugreport/fleet.h"

/* The files that are to be audited, and the folders in which they were found. */

#define FILES_NO_FOLDER SIZE_MAX
#define FILES_NO_MORE   SIZE_MAX

struct found {
    char *path;    /* as it is to be shown: from "/" or "./" on */
    size_t folder; /* where it was found; FILES_NO_FOLDER: named on the command line */
    int error;     /* errno of what kept us from looking at it, or 0 */
    struct file_identity identity; /* without an error */
    bool is_folder;                /* it is a folder that could not be read */
    bool is_known;                 /* an earlier run has examined it, and it is the same still */
    size_t same; /* index of the first in the list that is the same file on the disk */
    size_t next; /* and of the next one that is, or FILES_NO_MORE */
};

struct folder {
    char *path;
    size_t below;  /* where in path the part begins that is below the folder named */
    size_t parent; /* FILES_NO_FOLDER: path was named itself */
    dev_t device;
    ino_t inode;
};

struct files {
    struct found *list;
    size_t count, capacity;
    struct folder *folders;
    size_t folder_count, folder_capacity;
    size_t open_folder; /* the folder that fd is open on, or FILES_NO_FOLDER */
    int fd;
};

void files_init(struct files *files);
void files_free(struct files *files);

/*
 * Both take path over, also if they fail for lack of memory. The file has all zero but what is
 * given here.
 */
struct found *files_add(struct files *files, char *path, size_t folder, struct failure *why);
struct folder *files_add_folder(struct files *files, char *path, size_t parent,
                                struct failure *why);

struct file_identity files_identity(const struct stat *file);

/* The part of a path in a folder that is below the folder that was named. */
const char *files_below(const struct files *files, const char *path, size_t folder);

/*
 * A descriptor on a folder, which stays the list's and lives until the next call; -1 with errno
 * set. Folders below the one named are never reached by symbolic links.
 */
int files_open_folder(struct files *files, size_t folder);

/*
 * Opens a file for reading, never waiting for it; -1 with errno set. It is reached by symbolic
 * links only if it was named itself. The caller closes the descriptor.
 */
int files_open(struct files *files, const struct found *found);

/* Opens the file or folder called name in a folder, as files_open() does. */
int files_open_in(struct files *files, size_t folder, const char *name);

/* Sorts the list by path, drops repeated paths, and sets `same` and `next`. For when the list is
 * complete. */
int files_finish(struct files *files, struct failure *why);

#endif
