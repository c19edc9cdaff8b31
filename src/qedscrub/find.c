/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/find.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/path.h"
#include "qed/format.h"

/* A walk in progress. Folders that were added to the list and not yet read are still to be done. */
struct find {
    struct files *files;
    const struct find_options *options;
    size_t *skipped;
};

bool find_in_shard(const struct shard *shard, const char *below)
{
    struct sha256_ctx hash;
    uint8_t digest[SHA256_DIGEST_SIZE];
    uint64_t number = 0;

    if (shard->count == 0)
        return true;
    sha256_init(&hash);
    sha256_update(&hash, strlen(below), (const uint8_t *)below);
    sha256_digest(&hash, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(number); i++)
        number = number << 8 | digest[i];
    return number % shard->count == shard->number - 1;
}

/* What cannot be read could be an image. */
static bool has_magic(int fd)
{
    unsigned char magic[4];
    ssize_t got = pread(fd, magic, sizeof(magic), 0);

    return got < 0 || (got == sizeof(magic) && bytes_load32(magic) == QED_MAGIC);
}

static bool in_shard(const struct find *find, const char *path, size_t folder)
{
    return find_in_shard(&find->options->shard, files_below(find->files, path, folder));
}

/* Whether the earlier run has examined a file in the state in which it is now. */
static bool is_known(const struct find *find, const char *path, const struct file_identity *now)
{
    const struct fleet *old = find->options->old;
    const struct fleet_entry *then = old ? fleet_find(old, path) : NULL;

    return then && then->status == ENTRY_OK && then->has_identity &&
           then->identity.size == now->size && then->identity.inode == now->inode &&
           then->identity.mtime_ns == now->mtime_ns;
}

/* Takes path over. error is an errno, or 0 where *stat_of tells of the file. */
static int add_file(struct find *find, char *path, size_t folder, const struct stat *stat_of,
                    int error, struct failure *why)
{
    struct found *found;

    if (path && !in_shard(find, path, folder)) {
        free(path);
        return 0;
    }
    found = files_add(find->files, path, folder, why);
    if (!found)
        return -1;
    found->error = error;
    if (!error) {
        found->identity = files_identity(stat_of);
        found->is_known = is_known(find, found->path, &found->identity);
    }
    return 0;
}

/* A folder that could not be read, whole or in part, is in the list too. */
static int add_bad_folder(struct find *find, size_t folder, int error, struct failure *why)
{
    const struct folder *bad = &find->files->folders[folder];
    size_t count = find->files->count;

    if (add_file(find, strdup(bad->path), bad->parent, NULL, error, why))
        return -1;
    if (find->files->count > count)
        find->files->list[count].is_folder = true;
    return 0;
}

/*
 * Looks at what was no link or device a moment ago. Takes path, which is that of name in the
 * folder, over.
 */
static int examine(struct find *find, size_t folder, const char *name, char *path,
                   struct failure *why)
{
    int fd = files_open_in(find->files, folder, name), error = fd < 0 ? errno : 0, result = 0;
    struct stat file = {0};

    if (fd >= 0 && fstat(fd, &file))
        error = errno;
    if (!error && S_ISDIR(file.st_mode))
        result = files_add_folder(find->files, path, folder, why) ? 0 : -1;
    else if (error ? error != ELOOP && error != ENXIO /* a symbolic link or a socket by now */
                   : S_ISREG(file.st_mode) && has_magic(fd))
        result = add_file(find, path, folder, &file, error, why);
    else
        free(path);
    if (fd >= 0)
        close(fd);
    return result;
}

/* Whether a name in a folder need not be looked at, for it is in the earlier run. */
static bool is_old(struct find *find, size_t folder, const char *name, const char *path,
                   struct stat *file)
{
    struct file_identity identity;

    if (!find->options->old || !fleet_find(find->options->old, path) ||
        fstatat(files_open_folder(find->files, folder), name, file, AT_SYMLINK_NOFOLLOW))
        return false;
    identity = files_identity(file);
    return S_ISREG(file->st_mode) && is_known(find, path, &identity);
}

/* What another shard will look at is not even opened. */
static int take_entry(struct find *find, size_t folder, const struct dirent *entry,
                      struct failure *why)
{
    const char *name = entry->d_name;
    bool dots = !strcmp(name, ".") || !strcmp(name, "..");
    struct stat file;
    char *path;

    if (dots || (entry->d_type != DT_DIR && entry->d_type != DT_REG && entry->d_type != DT_UNKNOWN))
        return 0;
    path = path_join(find->files->folders[folder].path, name);
    if (!path)
        return failure_set_errno(why, ENOMEM, "cannot list the images");
    if (entry->d_type == DT_DIR)
        return files_add_folder(find->files, path, folder, why) ? 0 : -1;
    if (entry->d_type == DT_REG && !in_shard(find, path, folder)) {
        free(path);
        return 0;
    }
    if (is_old(find, folder, name, path, &file))
        return add_file(find, path, folder, &file, 0, why);
    return examine(find, folder, name, path, why);
}

/* A folder may be bound to a place below itself. */
static bool holds_itself(const struct files *files, size_t folder)
{
    const struct folder *self = &files->folders[folder], *above;

    for (size_t i = self->parent; i != FILES_NO_FOLDER; i = above->parent) {
        above = &files->folders[i];
        if (above->device == self->device && above->inode == self->inode)
            return true;
    }
    return false;
}

/* Whether a folder, which is open, is to be read: 1, 0, or -1 with errno set. */
static int may_enter(struct find *find, size_t folder)
{
    struct folder *self = &find->files->folders[folder];
    struct stat stat_of;

    if (fstat(find->files->fd, &stat_of))
        return -1;
    self->device = stat_of.st_dev;
    self->inode = stat_of.st_ino;
    if (self->parent == FILES_NO_FOLDER)
        return 1;
    if (self->device != find->files->folders[self->parent].device && !find->options->cross_mounts) {
        ++*find->skipped;
        return 0;
    }
    return !holds_itself(find->files, folder);
}

static int read_entries(struct find *find, size_t folder, DIR *directory, struct failure *why)
{
    const struct dirent *entry;

    for (;;) {
        errno = 0;
        entry = readdir(directory);
        if (!entry)
            return errno ? add_bad_folder(find, folder, errno, why) : 0;
        if (take_entry(find, folder, entry, why))
            return -1;
    }
}

static int read_folder(struct find *find, size_t folder, struct failure *why)
{
    int fd = files_open_folder(find->files, folder), enter = fd < 0 ? -1 : may_enter(find, folder);
    DIR *directory;
    int result;

    if (enter == 0)
        return 0;
    fd = enter < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    directory = fd < 0 ? NULL : fdopendir(fd);
    if (!directory) {
        result = add_bad_folder(find, folder, errno, why);
        if (fd >= 0)
            close(fd);
        return result;
    }
    result = read_entries(find, folder, directory, why);
    closedir(directory);
    return result;
}

/* A path from the command line: what is no folder will be opened by who audits it. */
static int take_path(struct find *find, const char *given, struct failure *why)
{
    char *path = path_anchor(given);
    struct stat stat_of = {0};
    int error = !given[0] ? ENOENT : path && stat(path, &stat_of) ? errno : 0;

    if (error || !S_ISDIR(stat_of.st_mode))
        return add_file(find, path, FILES_NO_FOLDER, &stat_of, error, why);
    return files_add_folder(find->files, path, FILES_NO_FOLDER, why) ? 0 : -1;
}

int find_images(struct files *files, char *const *paths, size_t count,
                const struct find_options *options, size_t *skipped, struct failure *why)
{
    struct find find = {files, options, skipped};

    for (size_t i = 0; i < count; i++) {
        size_t folder = files->folder_count;

        if (take_path(&find, paths[i], why))
            return -1;
        for (; folder < files->folder_count; folder++) {
            if (read_folder(&find, folder, why))
                return -1;
        }
    }
    return files_finish(files, why);
}
