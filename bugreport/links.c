/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

/* An entry by something that is sorted. */
struct link_key {
    struct file_identity identity;
    size_t index;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_identities(const struct file_identity *a, const struct file_identity *b)
{
    int order = compare_numbers(a->device, b->device);

    order = order ? order : compare_numbers(a->inode, b->inode);
    order = order ? order : compare_numbers(a->size, b->size);
    return order ? order : compare_numbers((uint64_t)a->mtime_ns, (uint64_t)b->mtime_ns);
}

static int compare_links(const void *left, const void *right)
{
    const struct link_key *a = left, *b = right;
    int order = compare_identities(&a->identity, &b->identity);

    return order ? order : compare_numbers(a->index, b->index);
}

int links_resolve(struct fleet *fleet, struct failure *why)
{
    struct link_key *keys = calloc(fleet->count + 1, sizeof(*keys));
    size_t count = 0, first = 0;

    if (!keys)
        return failure_set_errno(why, ENOMEM, "cannot compare %zu records", fleet->count);
    for (size_t i = 0; i < fleet->count; i++) {
        struct fleet_entry *entry = &fleet->entries[i];

        entry->first_link = i;
        if (entry->has_identity && entry->identity.links > 1)
            keys[count++] = (struct link_key){entry->identity, i};
    }
    qsort(keys, count, sizeof(*keys), compare_links);
    for (size_t i = 1; i < count; i++) {
        if (compare_identities(&keys[i].identity, &keys[first].identity))
            first = i;
        fleet->entries[keys[i].index].first_link = keys[first].index;
    }
    free(keys);
    return 0;
}

struct path_key {
    char *path; /* without "." and ".." */
    size_t index;
};

struct path_keys {
    struct path_key *list;
    size_t count;
};

static int compare_paths(const void *left, const void *right)
{
    const struct path_key *a = left, *b = right;
    int order = strcmp(a->path, b->path);

    return order ? order : compare_numbers(a->index, b->index);
}

static void free_keys(struct path_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        free(keys->list[i].path);
    free(keys->list);
}

static int make_keys(struct path_keys *keys, const struct fleet *fleet, struct failure *why)
{
    *keys = (struct path_keys){.list = calloc(fleet->count + 1, sizeof(*keys->list))};
    while (keys->list && keys->count < fleet->count) {
        char *path = path_beside("", fleet->entries[keys->count].record.filename);

        if (!path)
            break;
        keys->list[keys->count] = (struct path_key){path, keys->count};
        keys->count++;
    }
    if (!keys->list || keys->count < fleet->count)
        return failure_set_errno(why, ENOMEM, "cannot compare %zu records", fleet->count);
    qsort(keys->list, keys->count, sizeof(*keys->list), compare_paths);
    return 0;
}

static int compare_key(const void *path, const void *key)
{
    return strcmp(path, ((const struct path_key *)key)->path);
}

/* qemu takes what stands before a colon in the first part of a name for a protocol. */
static const char *path_of_name(const char *name)
{
    const char *colon = strchr(name, ':'), *slash = strchr(name, '/');

    if (!strncmp(name, "file:", 5))
        return name + 5;
    return colon && (!slash || colon < slash) ? NULL : name;
}

/* Looks the backing file of an image up. */
static int find_base(struct fleet *fleet, size_t index, const struct path_keys *keys,
                     struct failure *why)
{
    struct fleet_entry *entry = &fleet->entries[index];
    const char *name = entry->record.backing_name ? path_of_name(entry->record.backing_name) : NULL;
    const struct path_key *key;
    char *path;

    entry->chain = (struct backing_chain){.state = BACKING_NONE};
    if (entry->status != ENTRY_OK || !entry->record.has_backing_file)
        return 0;
    entry->chain.state = BACKING_UNKNOWN;
    if (!name || !name[0])
        return 0;
    path = path_beside(entry->record.filename, name);
    if (!path)
        return failure_set_errno(why, ENOMEM, "cannot compare records");
    key = bsearch(path, keys->list, keys->count, sizeof(*keys->list), compare_key);
    free(path);
    entry->chain.state = key ? BACKING_FOUND : BACKING_MISSING;
    entry->chain.base = key ? fleet->entries[key->index].first_link : 0;
    return 0;
}

/*
 * Sets the depths along the chain that begins at an entry. seen holds for each entry the mark of
 * the chain in which it was met: one of an earlier chain has its depth, one of this is a loop.
 */
static void measure(struct fleet *fleet, size_t start, size_t *seen)
{
    struct fleet_entry *entries = fleet->entries;
    size_t mark = start + 1, at = start, steps = 0, below;
    bool loops;

    for (; entries[at].chain.state == BACKING_FOUND && !seen[at]; at = entries[at].chain.base) {
        seen[at] = mark;
        steps++;
    }
    loops = entries[at].chain.state == BACKING_LOOP || seen[at] == mark;
    below = entries[at].chain.depth;
    for (at = start; steps > 0; at = entries[at].chain.base) {
        entries[at].chain.depth = loops ? 0 : below + steps;
        if (loops)
            entries[at].chain.state = BACKING_LOOP;
        steps--;
    }
}

static int measure_all(struct fleet *fleet, struct failure *why)
{
    size_t *seen = calloc(fleet->count + 1, sizeof(*seen));

    if (!seen)
        return failure_set_errno(why, ENOMEM, "cannot compare %zu records", fleet->count);
    for (size_t i = 0; i < fleet->count; i++)
        measure(fleet, i, seen);
    free(seen);
    return 0;
}

static void count_overlays(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_entry *entry = &fleet->entries[i];

        if (entry->first_link == i &&
            (entry->chain.state == BACKING_FOUND || entry->chain.state == BACKING_LOOP))
            fleet->entries[entry->chain.base].chain.overlays++;
    }
}

int chains_resolve(struct fleet *fleet, struct failure *why)
{
    struct path_keys keys;
    int result = make_keys(&keys, fleet, why);

    for (size_t i = 0; !result && i < fleet->count; i++)
        result = find_base(fleet, i, &keys, why);
    free_keys(&keys);
    if (result || measure_all(fleet, why))
        return -1;
    count_overlays(fleet);
    return 0;
}
