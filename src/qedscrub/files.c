/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"

/* Never waits for a FIFO, never takes a terminal. */
#define OPEN_FLAGS (O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)

void files_init(struct files *files)
{
    *files = (struct files){.open_folder = FILES_NO_FOLDER, .fd = -1};
}

static void close_folder(struct files *files)
{
    if (files->fd >= 0)
        close(files->fd);
    files->fd = -1;
    files->open_folder = FILES_NO_FOLDER;
}

void files_free(struct files *files)
{
    close_folder(files);
    for (size_t i = 0; i < files->count; i++)
        free(files->list[i].path);
    for (size_t i = 0; i < files->folder_count; i++)
        free(files->folders[i].path);
    free(files->list);
    free(files->folders);
    *files = (struct files){.fd = -1};
}

/* Makes room for one more in a list; returns where the list is then, or NULL. */
static void *grow(void *list, size_t count, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 64;

    if (count < *capacity)
        return list;
    list = reallocarray(list, wanted, size);
    if (list)
        *capacity = wanted;
    return list;
}

static void *out_of_memory(char *path, struct failure *why)
{
    free(path);
    failure_set_errno(why, ENOMEM, "cannot list the images");
    return NULL;
}

struct found *files_add(struct files *files, char *path, size_t folder, struct failure *why)
{
    struct found *list = grow(files->list, files->count, &files->capacity, sizeof(*list));

    if (list)
        files->list = list;
    if (!list || !path)
        return out_of_memory(path, why);
    list[files->count] = (struct found){.path = path, .folder = folder};
    return &list[files->count++];
}

struct file_identity files_identity(const struct stat *file)
{
    return (struct file_identity){.size = (uint64_t)file->st_size,
                                  .inode = file->st_ino,
                                  .device = file->st_dev,
                                  .links = file->st_nlink,
                                  .mtime_ns = (int64_t)file->st_mtim.tv_sec * 1000000000 +
                                              file->st_mtim.tv_nsec};
}

/* Where names below the folder of a path begin in the paths of what it holds. */
static size_t length_with_slash(const char *path)
{
    size_t length = strlen(path);

    return path[length - 1] == '/' ? length : length + 1;
}

struct folder *files_add_folder(struct files *files, char *path, size_t parent, struct failure *why)
{
    struct folder *list =
        grow(files->folders, files->folder_count, &files->folder_capacity, sizeof(*list));
    size_t below;

    if (list)
        files->folders = list;
    if (!list || !path)
        return out_of_memory(path, why);
    below = parent == FILES_NO_FOLDER ? length_with_slash(path) : list[parent].below;
    list[files->folder_count] = (struct folder){.path = path, .below = below, .parent = parent};
    return &list[files->folder_count++];
}

const char *files_below(const struct files *files, const char *path, size_t folder)
{
    return folder == FILES_NO_FOLDER ? path : path + files->folders[folder].below;
}

/* Opens one folder inside the one that is open. */
static int enter(struct files *files, size_t folder)
{
    const struct folder *to = &files->folders[folder];
    bool named = to->parent == FILES_NO_FOLDER;
    int fd = openat(named ? AT_FDCWD : files->fd, named ? to->path : path_base(to->path),
                    OPEN_FLAGS | O_DIRECTORY | (named ? 0 : O_NOFOLLOW));
    int error = errno;

    close_folder(files);
    errno = error;
    if (fd < 0)
        return -1;
    files->fd = fd;
    files->open_folder = folder;
    return fd;
}

/* The ancestor of folder, or itself, that is to be entered after the one that is open. */
static size_t next_step(const struct files *files, size_t folder)
{
    size_t parent = files->folders[folder].parent;

    while (parent != FILES_NO_FOLDER && parent != files->open_folder) {
        folder = parent;
        parent = files->folders[folder].parent;
    }
    return folder;
}

int files_open_folder(struct files *files, size_t folder)
{
    while (files->open_folder != folder) {
        if (enter(files, next_step(files, folder)) < 0)
            return -1;
    }
    return files->fd;
}

int files_open_in(struct files *files, size_t folder, const char *name)
{
    int at = files_open_folder(files, folder);

    return at < 0 ? -1 : openat(at, name, OPEN_FLAGS | O_NOFOLLOW);
}

int files_open(struct files *files, const struct found *found)
{
    if (found->folder == FILES_NO_FOLDER)
        return open(found->path, OPEN_FLAGS);
    return files_open_in(files, found->folder, path_base(found->path));
}

/* A file that was named itself goes before the same path from a folder. */
static int compare_paths(const void *a, const void *b)
{
    const struct found *left = a, *right = b;
    int order = strcmp(left->path, right->path);

    return order ? order : (left->folder < right->folder) - (left->folder > right->folder);
}

static void drop_repeated(struct files *files)
{
    size_t kept = 0;

    for (size_t i = 0; i < files->count; i++) {
        if (kept && !strcmp(files->list[kept - 1].path, files->list[i].path))
            free(files->list[i].path);
        else
            files->list[kept++] = files->list[i];
    }
    files->count = kept;
}

/* By identity, and in the order of the list, which is that of paths, where it is the same. */
static int compare_identities(const void *a, const void *b)
{
    const struct found *left = *(const struct found *const *)a;
    const struct found *right = *(const struct found *const *)b;

    if (left->identity.device != right->identity.device)
        return left->identity.device < right->identity.device ? -1 : 1;
    if (left->identity.inode != right->identity.inode)
        return left->identity.inode < right->identity.inode ? -1 : 1;
    return (left > right) - (left < right);
}

static bool is_same(const struct found *a, const struct found *b)
{
    return !a->error && !b->error && a->identity.device == b->identity.device &&
           a->identity.inode == b->identity.inode;
}

int files_finish(struct files *files, struct failure *why)
{
    struct found **order, *first = NULL;

    if (files->count)
        qsort(files->list, files->count, sizeof(*files->list), compare_paths);
    drop_repeated(files);
    order = calloc(files->count + 1, sizeof(struct found *));
    if (!order)
        return failure_set_errno(why, ENOMEM, "cannot list the images");
    for (size_t i = 0; i < files->count; i++)
        order[i] = &files->list[i];
    qsort(order, files->count, sizeof(struct found *), compare_identities);
    for (size_t i = 0; i < files->count; i++) {
        if (!first || !is_same(first, order[i]))
            first = order[i];
        else
            order[i - 1]->next = (size_t)(order[i] - files->list);
        order[i]->same = (size_t)(first - files->list);
        order[i]->next = FILES_NO_MORE;
    }
    free(order);
    return 0;
}
