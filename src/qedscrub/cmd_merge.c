/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/path.h"
#include "base/quote.h"
#include "bugreport/fleet_read.h"
#include "qedscrub/commands.h"
#include "qedscrub/reports.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

struct record_file {
    FILE *file;
};

/* Record files, opened before the sandbox closes: those to merge, then the baseline. */
struct merge {
    const struct options *options;
    struct record_file *files;
    struct stat *stats;
    size_t count, stat_count;
    FILE *baseline;
    struct reports reports;
};

static const char *name_of(const char *path)
{
    return strcmp(path, "-") ? path : "standard input";
}

static FILE *open_records(struct merge *merge, const char *path, struct failure *why)
{
    FILE *file = strcmp(path, "-") ? fopen(path, "re") : fdopen(dup(STDIN_FILENO), "r");

    if (!file)
        failure_set_errno(why, errno, "%s: cannot be opened", QUOTE(name_of(path)));
    else if (!fstat(fileno(file), &merge->stats[merge->stat_count]))
        merge->stat_count++;
    return file;
}

/* All files are open at the same time. */
static void allow_many_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_all(struct merge *merge, struct failure *why)
{
    const struct options *options = merge->options;
    size_t count = (size_t)options->word_count;

    merge->files = calloc(count + 1, sizeof(*merge->files));
    if (!merge->files || !merge->stats)
        return failure_set_errno(why, ENOMEM, "cannot merge");
    allow_many_files();
    while (merge->count < count) {
        FILE *file = open_records(merge, options->words[merge->count], why);

        if (!file)
            return -1;
        merge->files[merge->count++].file = file;
    }
    if (options->baseline)
        merge->baseline = open_records(merge, options->baseline, why);
    return options->baseline && !merge->baseline ? -1 : 0;
}

static void close_all(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        fclose(merge->files[i].file);
    if (merge->baseline)
        fclose(merge->baseline);
    free(merge->files);
}

/* Every bundle's image has the same name; the reports of several go by those of their files. */
static int name_bundled(struct fleet *fleet, size_t first, const char *path, struct failure *why)
{
    for (size_t i = first; i < fleet->count; i++) {
        struct record *record = &fleet->entries[i].record;

        if (fleet->entries[i].has_identity || strcmp(record->filename, "./image.qed") != 0)
            continue;
        free(record->filename);
        record->filename = path_anchor(path);
        if (!record->filename)
            return failure_set_errno(why, ENOMEM, "cannot name a record");
    }
    return 0;
}

static int read_records(struct fleet *fleet, FILE *file, const char *path,
                        struct fleet_source *source, struct failure *why)
{
    size_t first = fleet->count;

    if (fleet_read(fleet, file, source, why)) {
        failure_prefix(why, name_of(path));
        return -1;
    }
    if (name_bundled(fleet, first, name_of(path), why))
        return -1;
    if (source->cut)
        fprintf(stderr, "qedscrub: %s: was cut, or not all of it is there; what is, was read\n",
                QUOTE(name_of(path)));
    return 0;
}

static int compare_with_baseline(struct fleet *fleet, FILE *file, const char *path,
                                 struct failure *why)
{
    struct fleet_source source = {0};
    struct fleet baseline;
    int result;

    fleet_init(&baseline);
    result = read_records(&baseline, file, path, &source, why);
    if (!result)
        result = fleet_finish(&baseline, why);
    if (!result)
        policy_compare(fleet, &baseline);
    fleet_free(&baseline);
    return result;
}

/* Limits that were given count; if none were, those by which the records were judged before. */
static int choose_policy(struct fleet *fleet, const struct options *options,
                         const struct fleet_source *source, struct failure *why)
{
    fleet->policy = options->policy;
    if (options->policy_given || !source->has_policy)
        return 0;
    fleet->policy = source->policy;
    if (source->policies_differ)
        return failure_set(why, "the records were judged by different limits; say by which to "
                                "judge them, for instance with --fail-on");
    return 0;
}

static int fill(struct fleet *fleet, struct merge *merge, struct failure *why)
{
    const struct options *options = merge->options;
    struct fleet_source source = {0};

    for (size_t i = 0; i < merge->count; i++) {
        if (read_records(fleet, merge->files[i].file, options->words[i], &source, why))
            return -1;
    }
    if (choose_policy(fleet, options, &source, why) || fleet_finish(fleet, why))
        return -1;
    if (merge->baseline && compare_with_baseline(fleet, merge->baseline, options->baseline, why))
        return -1;
    for (size_t i = 0; i < fleet->count && !options->timings; i++)
        fleet->entries[i].has_seconds = false;
    policy_judge(fleet);
    return 0;
}

/* The work in the sandbox. */
static int merge_all(void *context, FILE *out, struct failure *why)
{
    struct merge *merge = context;
    struct fleet fleet;
    int status = STATUS_FAILED;

    fleet_init(&fleet);
    if (!fill(&fleet, merge, why) && !reports_render(&merge->reports, &fleet, out, why)) {
        status = reports_status(merge->options, &fleet);
        if (!fleet_is_complete(&fleet))
            status = status_worse(status, STATUS_FAILED);
    }
    fleet_free(&fleet);
    return status;
}

static int merge_and_publish(struct merge *merge, struct failure *why)
{
    char *text = NULL;
    int status = worker_run(merge_all, merge, "merge", merge->options, &text, why);

    if (!why->text[0] && reports_commit(&merge->reports, why))
        status = STATUS_FAILED;
    if (text && !why->text[0])
        fputs(text, stdout);
    free(text);
    return status;
}

int cmd_merge(const struct options *options)
{
    struct stat *stats = calloc((size_t)options->word_count + 2, sizeof(*stats));
    struct merge merge = {.options = options, .stats = stats};
    struct failure why = {0};
    int status = STATUS_FAILED;

    if (options->word_count == 0)
        failure_set(&why, "merge: give files with records, or - for standard input");
    else if (!open_all(&merge, &why) &&
             !reports_open(&merge.reports, options, merge.stats, merge.stat_count, &why))
        status = merge_and_publish(&merge, &why);
    if (why.text[0])
        complain(&why);
    reports_discard(&merge.reports);
    close_all(&merge);
    free(stats);
    return status;
}
