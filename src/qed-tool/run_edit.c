/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "base/quote.h"
#include "qed-tool/announce.h"
#include "qed-tool/tool.h"

/* Short, since a person may want to type it again. */
static uint64_t choose_seed(const struct options *options)
{
    uint32_t seed = 0;

    if (options->has_seed)
        return options->seed;
    while (getrandom(&seed, sizeof(seed), 0) < 0 && errno == EINTR)
        ;
    return seed;
}

int request_element(const struct options *options, struct request *request, struct failure *why)
{
    const char *level = options->words[0];
    bool l1 = !strcmp(level, "l1");

    if (!l1 && strcmp(level, "l2") != 0)
        return failure_set(why, "%s %s: give l1 or l2", options->command->name, QUOTE(level));
    if (options->has_at && options->at_has_l2 == l1)
        return failure_set(why, l1 ? "--at: an L1 element has one index"
                                   : "--at: an L2 element has two indices, L1:L2");
    request->level = l1 ? TABLE_L1 : TABLE_L2;
    request->has_at = options->has_at;
    request->at_l1 = options->at_l1;
    request->at_l2 = options->at_l2;
    request->draws = true;
    request->seed = choose_seed(options);
    request->dice.state = request->seed;
    return 0;
}

/* The undo file is written late, but what is in its way is better told early. */
static int check_undo_name(const struct options *options, struct failure *why)
{
    struct stat stat;

    if (options->save_undo && !lstat(options->save_undo, &stat))
        return failure_set(why, "%s: exists; an undo file never replaces another file",
                           QUOTE(options->save_undo));
    return 0;
}

/* What is read after the locks were taken must be the file that was locked. */
static int open_locked(struct edit *edit, struct map **map, const struct options *options,
                       struct failure *why)
{
    if (options->dry_run)
        return open_to_read(map, options, why);
    if (edit_open(edit, options->image, why) || map_open(map, options->image, why))
        return -1;
    if (map_stat(*map)->st_dev != edit->stat.st_dev || map_stat(*map)->st_ino != edit->stat.st_ino)
        return failure_set(why, "another file took the image's name");
    return 0;
}

static int carry_out(const struct options *options, const struct edit *edit,
                     const struct proposal *proposal, enum edit_outcome *outcome,
                     struct failure *why)
{
    if (!options->json)
        announce(options, proposal);
    /* What nobody could be told is not done either. */
    if (ferror(stdout))
        return failure_set(why, "cannot write to standard output");
    if (proposal->plan.count > 0 && !options->dry_run &&
        edit_apply(edit, &proposal->plan, options->save_undo, outcome, why))
        return -1;
    if (options->json)
        return announce_json(options, proposal, why);
    announce_outcome(options, proposal);
    return 0;
}

int run_edit(const struct options *options, planner *plan, struct request *request,
             bool must_corrupt, struct failure *why)
{
    enum edit_outcome outcome = EDIT_UNTOUCHED;
    struct proposal proposal = {0};
    struct edit edit = {.fd = -1};
    struct map *map = NULL;
    int result = -1;

    if (!check_undo_name(options, why) && !open_locked(&edit, &map, options, why) &&
        !proposal_make(&proposal, map_source(map), plan, request, must_corrupt, why))
        result = carry_out(options, &edit, &proposal, &outcome, why);
    if (result)
        announce_failure(options, &proposal, outcome, why);
    proposal_free(&proposal);
    map_close(map);
    edit_close(&edit);
    return result;
}
