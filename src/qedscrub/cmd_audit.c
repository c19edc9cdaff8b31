/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/quote.h"
#include "bugreport/fleet_read.h"
#include "qedscrub/commands.h"
#include "qedscrub/gather.h"
#include "qedscrub/reports.h"
#include "qedscrub/status.h"
#include "qedscrub/sweep.h"

/* All that an audit goes through. */
struct audit_job {
    const struct options *options;
    struct fleet baseline, old, fleet;
    struct gathered gathered;
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

/* All that is due before the first image is read. */
static int prepare(struct audit_job *job, struct failure *why)
{
    const struct options *options = job->options;

    if (options->baseline && read_records(&job->baseline, options->baseline, why))
        return -1;
    if (options->resume && read_records(&job->old, options->resume, why))
        return -1;
    if (options->shard_count &&
        fleet_add_shard(&job->fleet, options->shard_number, options->shard_count, why))
        return -1;
    if (gather(&job->gathered, options, options->resume ? &job->old : NULL, why))
        return -1;
    return reports_open(&job->reports, options, job->gathered.inputs, job->gathered.files.count,
                        why);
}

static int report(struct audit_job *job, struct failure *why)
{
    struct fleet *fleet = &job->fleet;

    fleet->policy = job->options->policy;
    if (fleet_finish(fleet, why))
        return -1;
    if (job->options->baseline)
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
    signal = sweep_run(&job->fleet, &job->gathered.files, &job->old, job->options, why);
    if (signal < 0 || report(job, why))
        return STATUS_FAILED;
    return signal ? STATUS_SIGNAL + signal : reports_status(job->options, &job->fleet);
}

int cmd_audit(const struct options *options)
{
    struct audit_job job = {.options = options};
    struct failure why = {0};
    int status;

    fleet_init(&job.fleet);
    fleet_init(&job.old);
    fleet_init(&job.baseline);
    status = audit(&job, &why);
    if (why.text[0])
        complain(&why);
    reports_discard(&job.reports);
    gather_free(&job.gathered);
    fleet_free(&job.baseline);
    fleet_free(&job.old);
    fleet_free(&job.fleet);
    return status;
}
