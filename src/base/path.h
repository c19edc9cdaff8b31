/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PATH_H
#define BASE_PATH_H

/*
 * Paths as text. Nothing here asks the file system, and symbolic links mean nothing to it.
 *
 * Each function but path_base() returns a string that the caller frees, or NULL if memory ran out.
 */

/* The path without "." parts, doubled and closing slashes; "." where nothing is left. */
char *path_tidy(const char *path);

/* The same, beginning with "/" or "./" unless it is ".": no option, no formula begins so. */
char *path_anchor(const char *path);

/*
 * What name means to a file in the same folder as the file at path: an absolute name is taken as it
 * is. ".." parts are removed with what they take back, as far as there is something.
 */
char *path_beside(const char *path, const char *name);

/* The folder's path, a slash where needed, and the name. */
char *path_join(const char *folder, const char *name);

/* The folder that the file at path is in, as it can be opened: "." where the path names none. */
char *path_folder(const char *path);

/* The part of a path behind its last slash. */
const char *path_base(const char *path);

#endif
