/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_MAP_H
#define QED_MAP_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/failure.h"
#include "qed/source.h"

/*
 * An image file opened read-only and mapped, as a source. Holes are found with SEEK_DATA and never
 * touched: a fault in a hole costs a page of cache, on tmpfs even a page of the file.
 */
struct map;

/*
 * Opens the regular file at path; symbolic links are followed. Fails on anything else (a directory,
 * a FIFO or a device is never waited for), with a line that names the path.
 */
int map_open(struct map **map, const char *path, struct failure *why);

/*
 * The same for a file that was opened already, read-only. The map owns fd from then on, and closes
 * it also if this fails; name is for messages.
 */
int map_adopt(struct map **map, int fd, const char *name, struct failure *why);

void map_close(struct map *map);

/* The image as a source; it lives as long as the map. */
struct source *map_source(struct map *map);

/* What fstat said when the file was opened. */
const struct stat *map_stat(const struct map *map);

/* How many extents the host's file system keeps the file in; UINT64_MAX if it does not say. */
uint64_t map_host_extents(const struct map *map);

/*
 * Whether a process has the image open for writing, or forbids others to read it, by what can be
 * asked: the locks that qemu takes (byte 101: it writes, 103: it resizes, 200: others must not
 * read), and a lease, which the system gives on a file of one's own unless somebody writes to it. 1
 * in use, 0 not as far as can be told, -1 cannot tell, with errno set. A writer on another machine
 * is seen only if locks are shared with it.
 */
int map_in_use(const struct map *map);

/*
 * The same for an open file, before it is mapped. From then on the file is marked as being read
 * (byte 100), as qemu does it, until all its descriptors are closed.
 */
int map_file_in_use(int fd);

/* Whether the file is no longer what it was when it was opened (identity, length, times). */
bool map_changed(const struct map *map);

#endif
