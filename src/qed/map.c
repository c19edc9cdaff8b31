/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/quote.h"
#include "qed/format.h"
#include "qed/salvage.h"

/*
 * A file of up to a window is mapped whole. Of larger ones a window is mapped at a time, since two
 * maps of 64 TiB do not fit into the address space. A window starts on a multiple of WINDOW_STEP,
 * so that neighbouring tables share one.
 */
#define WINDOW_SIZE (UINT64_C(1) << 40)
#define WINDOW_STEP (UINT64_C(1) << 30)

struct map {
    struct source source;
    int fd;
    struct stat stat;
    unsigned char *window; /* NULL while nothing is mapped */
    uint64_t window_offset, window_size;
    bool unmappable;     /* the system refused to map the file; it is read instead */
    unsigned char *copy; /* what was handed out last; SOURCE_CHUNK bytes */
};

static struct map *map_of(struct source *source)
{
    return (struct map *)source;
}

/* Whether there is a file at an offset inside the source: not if it was cut since. */
static bool still_reaches(int fd, uint64_t offset)
{
    struct stat now;

    return fstat(fd, &now) || (uint64_t)now.st_size > offset;
}

/*
 * File systems without SEEK_DATA are taken as having no holes. What a file has lost is no hole
 * either: it is asked for, and found unreadable.
 */
static int map_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                    struct failure *why)
{
    int fd = map_of(source)->fd;
    off_t start = lseek(fd, (off_t)from, SEEK_DATA), stop;

    (void)why;
    if (start < 0 && errno == ENXIO && still_reaches(fd, end - 1))
        return 0;
    if (start < 0) {
        *found = (struct extent){from, end - from};
        return 1;
    }
    if ((uint64_t)start >= end)
        return 0;
    stop = lseek(fd, start, SEEK_HOLE);
    if (stop < 0 || (uint64_t)stop > end)
        stop = (off_t)end;
    start &= ~(off_t)(QED_ELEMENT_SIZE - 1);
    *found = (struct extent){(uint64_t)start, (uint64_t)(stop - start)};
    return 1;
}

static void unmap_window(struct map *map)
{
    if (map->window)
        munmap(map->window, (size_t)map->window_size);
    map->window = NULL;
}

static bool map_window(struct map *map, uint64_t offset)
{
    uint64_t start = map->source.size <= WINDOW_SIZE ? 0 : offset & ~(WINDOW_STEP - 1);
    uint64_t size = map->source.size - start;
    void *window;

    if (size > WINDOW_SIZE)
        size = WINDOW_SIZE;
    unmap_window(map);
    window = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, map->fd, (off_t)start);
    map->unmappable = window == MAP_FAILED;
    if (map->unmappable)
        return false;
    /* Without this each fault reads around itself, megabytes at a time, into holes. */
    madvise(window, (size_t)size, MADV_RANDOM);
    map->window = window;
    map->window_offset = start;
    map->window_size = size;
    return true;
}

static bool window_holds(const struct map *map, uint64_t offset, size_t size)
{
    return map->window && offset >= map->window_offset &&
           offset - map->window_offset + size <= map->window_size;
}

/* Copies a range out of the window. False if the file cannot be mapped, or a read failed. */
static bool copy_mapped(struct map *map, uint64_t offset, size_t size)
{
    uint64_t within, page_mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;
    unsigned char *pages;
    size_t pages_size;
    bool copied;

    if (map->unmappable || (!window_holds(map, offset, size) && !map_window(map, offset)))
        return false;
    within = offset - map->window_offset;
    pages = map->window + (within & ~page_mask);
    pages_size = size + (size_t)(within & page_mask);
    madvise(pages, pages_size, MADV_WILLNEED);
    copied = !guard_copy(map->copy, map->window + within, size);
    /* What stays mapped counts as memory in use: of a large image that would be all its tables. */
    madvise(pages, pages_size, MADV_DONTNEED);
    return copied;
}

/* What was unreadable once stays so: bad disks take long to say no, and may change their mind. */
static const unsigned char *map_range(struct source *source, uint64_t offset, size_t size,
                                      struct failure *why)
{
    struct map *map = map_of(source);
    struct extent unreadable;

    if (!source_unreadable(source, offset, offset + size, &unreadable) &&
        copy_mapped(map, offset, size))
        return map->copy;
    return salvage_read(source, map->fd, offset, map->copy, size, why) ? NULL : map->copy;
}

/*
 * Reads instead of mapping: as quick with one thread, quicker with more, which contend for the
 * address space, and nothing can fault.
 */
static int map_fetch(struct source *source, uint64_t offset, void *bytes, size_t size,
                     struct failure *why)
{
    int fd = map_of(source)->fd;
    size_t done = 0;

    while (done < size) {
        ssize_t got = pread(fd, (char *)bytes + done, size - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failure_set_errno(why, errno, "offset 0x%" PRIx64, offset);
        if (got == 0)
            return failure_set(why, "offset 0x%" PRIx64 ": the file has become shorter", offset);
        done += (size_t)got;
    }
    return 0;
}

static void map_advise(struct source *source, uint64_t offset, uint64_t size)
{
    posix_fadvise(map_of(source)->fd, (off_t)offset, (off_t)size, POSIX_FADV_WILLNEED);
}

static const struct source_kind map_kind = {map_data, map_range, map_fetch, map_advise};

static const char *file_type(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a FIFO";
    if (S_ISSOCK(mode))
        return "a socket";
    return S_ISCHR(mode) || S_ISBLK(mode) ? "a device" : "of an unknown kind";
}

static int check_regular(struct map *map, const char *name, struct failure *why)
{
    if (fstat(map->fd, &map->stat))
        return failure_set_errno(why, errno, "%s", QUOTE(name));
    if (!S_ISREG(map->stat.st_mode))
        return failure_set(why, "%s: is %s, not an image file", QUOTE(name),
                           file_type(map->stat.st_mode));
    map->source.size = (uint64_t)map->stat.st_size;
    return 0;
}

int map_adopt(struct map **map, int fd, const char *name, struct failure *why)
{
    struct map *opened = calloc(1, sizeof(*opened));
    unsigned char *copy = malloc(SOURCE_CHUNK); /* most audits never touch it */

    if (!opened || !copy) {
        free(opened);
        free(copy);
        close(fd);
        return failure_set_errno(why, ENOMEM, "%s", QUOTE(name));
    }
    opened->copy = copy;
    opened->source.kind = &map_kind;
    opened->fd = fd;
    /* What is read of an image is scattered, and what lies between are holes and guest data. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
    if (check_regular(opened, name, why)) {
        map_close(opened);
        return -1;
    }
    *map = opened;
    return 0;
}

/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
int map_open(struct map **map, const char *path, struct failure *why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    return map_adopt(map, fd, path, why);
}

void map_close(struct map *map)
{
    if (!map)
        return;
    unmap_window(map);
    extents_free(&map->source.unreadable);
    free(map->copy);
    close(map->fd);
    free(map);
}

struct source *map_source(struct map *map)
{
    return &map->source;
}

const struct stat *map_stat(const struct map *map)
{
    return &map->stat;
}

uint64_t map_host_extents(const struct map *map)
{
    struct fiemap request = {.fm_length = FIEMAP_MAX_OFFSET};

    if (ioctl(map->fd, FS_IOC_FIEMAP, &request))
        return UINT64_MAX;
    return request.fm_mapped_extents;
}

int map_in_use(const struct map *map)
{
    return map_file_in_use(map->fd);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool map_changed(const struct map *map)
{
    const struct stat *then = &map->stat;
    struct stat now;

    if (fstat(map->fd, &now))
        return true;
    return now.st_size != then->st_size || !same_time(&now.st_mtim, &then->st_mtim) ||
           !same_time(&now.st_ctim, &then->st_ctim);
}
