/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/gather.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "qedscrub/find.h"

static int check_words(const struct options *options, struct failure *why)
{
    if (options->files0_from && options->word_count)
        return failure_set(why, "give paths, or --files0-from, not both");
    if (!options->files0_from && !options->word_count)
        return failure_set(why, "give a folder or image, as in: qedscrub audit .");
    return 0;
}

static int find(struct gathered *gathered, const struct options *options, const struct fleet *old,
                struct failure *why)
{
    struct find_options find_options = {
        .cross_mounts = options->cross_mounts,
        .shard = {options->shard_number, options->shard_count},
        .old = old,
    };
    char **paths = options->files0_from ? gathered->names.names : options->words;
    size_t count = options->files0_from ? gathered->names.count : (size_t)options->word_count;
    size_t skipped = 0;

    if (find_images(&gathered->files, paths, count, &find_options, &skipped, why))
        return -1;
    if (skipped && !options->quiet)
        fprintf(stderr,
                "qedscrub: note: left out %zu mounted file system%s; --cross-mounts enters them\n",
                skipped, skipped == 1 ? "" : "s");
    return 0;
}

static int list_inputs(struct gathered *gathered, struct failure *why)
{
    const struct files *files = &gathered->files;

    gathered->inputs = calloc(files->count + 1, sizeof(*gathered->inputs));
    if (!gathered->inputs)
        return failure_set_errno(why, ENOMEM, "cannot list the images");
    for (size_t i = 0; i < files->count; i++) {
        gathered->inputs[i].st_dev = files->list[i].identity.device;
        gathered->inputs[i].st_ino = files->list[i].identity.inode;
    }
    return 0;
}

int gather(struct gathered *gathered, const struct options *options, const struct fleet *old,
           struct failure *why)
{
    *gathered = (struct gathered){0};
    files_init(&gathered->files);
    if (check_words(options, why))
        return -1;
    if (options->files0_from && name_list_read(&gathered->names, options->files0_from, why))
        return -1;
    return find(gathered, options, old, why) || list_inputs(gathered, why) ? -1 : 0;
}

void gather_free(struct gathered *gathered)
{
    name_list_free(&gathered->names);
    files_free(&gathered->files);
    free(gathered->inputs);
}
