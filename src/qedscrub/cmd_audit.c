/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/fleet_read.h"
#include "qedscrub/commands.h"
#include "qedscrub/find.h"
#include "qedscrub/name_list.h"
#include "qedscrub/reports.h"
#include "qedscrub/status.h"
#include "qedscrub/sweep.h"

/* All that an audit goes through. */
struct audit_job {
    struct options options;
    struct name_list names; /* of --files0-from */
    struct fleet baseline, old, fleet;
    struct files files;
    struct stat *inputs;
    struct reports reports;
};

/* Reads the records of an earlier run; they may end anywhere. */
static int read_records(struct fleet *fleet, const char *path, struct failure *why)
{
    struct fleet_source source = {0};
    FILE *in = fopen(path, "re");

    if (!in)
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    if (fleet_read(fleet, in, &source, why))
        failure_prefix(why, path);
    fclose(in);
    return why->text[0] ? -1 : fleet_finish(fleet, why);
}

static int find(struct audit_job *job, struct failure *why)
{
    const struct options *options = &job->options;
    struct find_options find_options = {
        .cross_mounts = options->cross_mounts,
        .shard = {options->shard_number, options->shard_count},
        .old = options->resume ? &job->old : NULL,
    };
    char **paths = options->files0_from ? job->names.names : options->words;
    size_t count = options->files0_from ? job->names.count : (size_t)options->word_count;
    size_t skipped = 0;

    if (find_images(&job->files, paths, count, &find_options, &skipped, why))
        return -1;
    if (skipped && !options->quiet)
        fprintf(stderr,
                "qedscrub: note: left out %zu mounted file system%s; --cross-mounts enters "
                "them\n",
                skipped, skipped == 1 ? "" : "s");
    return 0;
}

static int check_words(const struct options *options, struct failure *why)
{
    if (options->files0_from && options->word_count)
        return failure_set(why, "audit: give paths, or --files0-from, not both");
    if (!options->files0_from && !options->word_count)
        return failure_set(why, "audit: give a folder or image, as in: qedscrub audit .");
    return 0;
}

/* The files found, as what no report may replace. */
static int open_reports(struct audit_job *job, struct failure *why)
{
    const struct files *files = &job->files;

    job->inputs = calloc(files->count + 1, sizeof(*job->inputs));
    if (!job->inputs)
        return failure_set_errno(why, ENOMEM, "cannot list the images");
    for (size_t i = 0; i < files->count; i++) {
        job->inputs[i].st_dev = files->list[i].identity.device;
        job->inputs[i].st_ino = files->list[i].identity.inode;
    }
    return reports_open(&job->reports, &job->options, job->inputs, files->count, why);
}

/* All that is due before the first image is read. */
static int prepare(struct audit_job *job, struct failure *why)
{
    const struct options *options = &job->options;

    if (check_words(options, why))
        return -1;
    if (options->files0_from && name_list_read(&job->names, options->files0_from, why))
        return -1;
    if (options->baseline && read_records(&job->baseline, options->baseline, why))
        return -1;
    if (options->resume && read_records(&job->old, options->resume, why))
        return -1;
    if (options->shard_count &&
        fleet_add_shard(&job->fleet, options->shard_number, options->shard_count, why))
        return -1;
    return find(job, why) || open_reports(job, why) ? -1 : 0;
}

static int report(struct audit_job *job, struct failure *why)
{
    struct fleet *fleet = &job->fleet;

    fleet->policy = job->options.policy;
    if (fleet_finish(fleet, why))
        return -1;
    if (job->options.baseline)
        policy_compare(fleet, &job->baseline);
    policy_judge(fleet);
    if (reports_render(&job->reports, fleet, stdout, why))
        return -1;
    return reports_commit(&job->reports, why);
}

/* Returns the exit status. */
static int audit(struct audit_job *job, struct failure *why)
{
    int signal;

    if (prepare(job, why))
        return STATUS_FAILED;
    signal = sweep_run(&job->fleet, &job->files, &job->old, &job->options, why);
    if (signal < 0 || report(job, why))
        return STATUS_FAILED;
    return signal ? STATUS_SIGNAL + signal : reports_status(&job->options, &job->fleet);
}

/* Images are independent of one another: one process for each core that we may use. */
static unsigned core_count(void)
{
    cpu_set_t set;

    /* Fails where there are more cores than the set has room for. */
    return sched_getaffinity(0, sizeof(set), &set) ? CPU_SETSIZE : (unsigned)CPU_COUNT(&set);
}

int cmd_audit(const struct options *options)
{
    struct audit_job job = {.options = *options};
    struct failure why = {0};
    int status;

    if (!job.options.jobs)
        job.options.jobs = core_count();
    fleet_init(&job.fleet);
    fleet_init(&job.old);
    fleet_init(&job.baseline);
    files_init(&job.files);
    status = audit(&job, &why);
    if (why.text[0])
        complain(&why);
    reports_discard(&job.reports);
    free(job.inputs);
    name_list_free(&job.names);
    files_free(&job.files);
    fleet_free(&job.baseline);
    fleet_free(&job.old);
    fleet_free(&job.fleet);
    return status;
}
