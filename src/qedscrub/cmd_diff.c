/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/render/diff.h"
#include "qedscrub/commands.h"
#include "qedscrub/progress.h"
#include "qedscrub/side.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

/* As of diff(1): trouble is 2. */
enum { SAME = 0, DIFFERENT = 1 };

struct job {
    const struct options *options;
    struct side before, after;
};

static int print(const struct job *job, const struct diff *diff, FILE *out, struct failure *why)
{
    if (strcmp(job->options->output, "json") != 0)
        render_diff_text(out, diff);
    else if (render_diff_json(out, diff, why))
        return STATUS_DIFF_TROUBLE;
    return diff_is_same(diff) ? SAME : DIFFERENT;
}

static int diff_runs(struct job *job, struct diff diff, FILE *out, struct failure *why)
{
    struct fleet_comparison images;
    int status = STATUS_DIFF_TROUBLE;

    if (!compare_fleets(&images, &job->before.fleet, &job->after.fleet, why)) {
        diff.images = &images;
        status = print(job, &diff, out, why);
    }
    fleet_comparison_free(&images);
    return status;
}

/* Fills in what became of the tables, or why that cannot be said. */
static int diff_tables(struct job *job, struct diff *diff, struct changes *changes,
                       struct failure *why)
{
    struct changes_side before, after;

    if (!side_tables(&job->before, &before, &diff->not_compared) ||
        !side_tables(&job->after, &after, &diff->not_compared))
        return 0;
    diff->not_compared = "one has none that can be read, or they are of different sizes";
    if (!changes_can_compare(before.audit, after.audit))
        return 0;
    diff->changes = changes;
    diff->cluster_size = before.audit->geometry.cluster_size;
    return changes_find(changes, &before, &after, job->options->max_findings, why);
}

static int diff_images(struct job *job, struct diff diff, FILE *out, struct failure *why)
{
    bool places = job->before.kind == SIDE_IMAGE && job->after.kind == SIDE_IMAGE;
    struct comparison comparison;
    struct changes changes = {0};
    int status = STATUS_DIFF_TROUBLE;

    diff.record = &comparison;
    if (!compare_records(&comparison, job->before.current, job->after.current, places, why) &&
        !diff_tables(job, &diff, &changes, why))
        status = print(job, &diff, out, why);
    changes_free(&changes);
    comparison_free(&comparison);
    return status;
}

static int diff_loaded(struct job *job, FILE *out, struct failure *why)
{
    struct diff diff = {.before = job->before.path, .after = job->after.path};

    if (job->before.current && job->after.current)
        return diff_images(job, diff, out, why);
    if (job->before.kind == SIDE_RECORDS && job->after.kind == SIDE_RECORDS)
        return diff_runs(job, diff, out, why);
    failure_set(why, "%s: holds other than one record; compare it with records",
                QUOTE(job->before.current ? job->after.path : job->before.path));
    return STATUS_DIFF_TROUBLE;
}

/* The work in the sandbox. */
static int diff_sides(void *context, FILE *out, struct failure *why)
{
    struct job *job = context;
    int status = STATUS_DIFF_TROUBLE;

    if (side_load(&job->before, job->options, why) == STATUS_OK &&
        side_load(&job->after, job->options, why) == STATUS_OK)
        status = diff_loaded(job, out, why);
    side_unload(&job->before);
    side_unload(&job->after);
    return status;
}

static int work(struct job *job, char **text, struct failure *why)
{
    const struct options *options = job->options;
    int status;

    side_watch(&job->before, "reading the first", options);
    side_watch(&job->after, "reading the second", options);
    status = worker_run(diff_sides, job, "diff", options, text, why);
    progress_watch(options->progress, NULL, 0);
    return status;
}

static int check(const struct options *options, struct failure *why)
{
    if (options->word_count != 2)
        return failure_set(why, "diff: give two images, bundles or files with records");
    if (strcmp(options->output, "human") != 0 && strcmp(options->output, "json") != 0)
        return failure_set(why, "--output %s: give human or json", QUOTE(options->output));
    return 0;
}

int cmd_diff(const struct options *options)
{
    struct job *job = calloc(1, sizeof(*job));
    struct failure why = {0};
    char *text = NULL;
    int status = STATUS_DIFF_TROUBLE;

    if (!job) {
        failure_set(&why, "diff: memory ran out");
    } else if (!check(options, &why)) {
        job->options = options;
        job->before.fd = job->after.fd = -1;
        if (side_open(&job->before, options->words[0], options, &why) == STATUS_OK &&
            side_open(&job->after, options->words[1], options, &why) == STATUS_OK)
            status = work(job, &text, &why);
        side_close(&job->before);
        side_close(&job->after);
    }
    if (why.text[0]) {
        complain(&why);
        status = STATUS_DIFF_TROUBLE;
    } else if (text) {
        fputs(text, stdout);
    }
    free(text);
    free(job);
    return status;
}
