/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>

#include "base/quote.h"
#include "bugreport/fleet_read.h"
#include "qedscrub/commands.h"
#include "qedscrub/examine.h"
#include "qedscrub/gather.h"
#include "qedscrub/journal.h"
#include "qedscrub/reports.h"
#include "qedscrub/status.h"
#include "qedscrub/sweep.h"

/* All that an audit goes through. */
struct audit_job {
    const struct options *options;
    struct fleet baseline, old, fleet;
    struct journal *journal;
    struct gathered gathered;
    struct reports reports;
};

/* Says what was not read of the records of an earlier run, which may end anywhere. */
static void note_end(const char *path, const struct fleet_source *source)
{
    if (source->holed)
        fprintf(stderr, "qedscrub: %s: has zeros in it; what follows them is passed over\n",
                QUOTE(path));
    else if (source->torn)
        fprintf(stderr, "qedscrub: %s: the last line is cut, and passed over\n", QUOTE(path));
}

static int read_file(struct fleet *fleet, const char *path, struct failure *why)
{
    struct fleet_source source = {0};
    FILE *in = fopen(path, "re");
    int result;

    if (!in)
        return failure_set_errno(why, errno, "%s", QUOTE(path));
    result = fleet_read(fleet, in, &source, why);
    fclose(in);
    if (result)
        failure_prefix(why, path);
    else
        note_end(path, &source);
    return result;
}

static int read_journal(struct audit_job *job, struct failure *why)
{
    struct fleet_source source = {0};

    if (!job->journal)
        return 0;
    if (journal_read(job->journal, &job->old, &source, why))
        return -1;
    note_end(job->options->journal, &source);
    return 0;
}

/* Maps are in the reports of all images or of none: a record without a map is read again. */
static void even_out_maps(struct fleet *old, bool wanted)
{
    for (size_t i = 0; i < old->count; i++) {
        struct fleet_entry *entry = &old->entries[i];

        if (!wanted)
            entry->record.sketch = (struct sketch){0};
        else if (entry->record.has_figures && !entry->record.sketch.guest[0])
            entry->has_identity = false;
    }
}

/*
 * What earlier runs know; the journal is taken to be later than other records. It may be named a
 * second time, where it was not there before.
 */
static int recall(struct audit_job *job, struct failure *why)
{
    const struct options *options = job->options;

    if (options->baseline && read_file(&job->baseline, options->baseline, why))
        return -1;
    if (options->journal && journal_open(&job->journal, options->journal, why))
        return -1;
    if (options->resume && !journal_is(job->journal, options->resume) &&
        read_file(&job->old, options->resume, why))
        return -1;
    if (read_journal(job, why))
        return -1;
    fleet_keep_last(&job->old, 0);
    even_out_maps(&job->old, examine_draws(options));
    return fleet_finish(&job->baseline, why) || fleet_finish(&job->old, why) ? -1 : 0;
}

/* All that is due before the first image is read. */
static int prepare(struct audit_job *job, struct failure *why)
{
    const struct options *options = job->options;
    const struct gathered *gathered = &job->gathered;

    if (recall(job, why))
        return -1;
    if (options->shard_count &&
        fleet_add_shard(&job->fleet, options->shard_number, options->shard_count, why))
        return -1;
    if (gather(&job->gathered, options, &job->old, why))
        return -1;
    if (reports_open(&job->reports, options, gathered->inputs, gathered->files.count, why))
        return -1;
    return journal_begin(job->journal, gathered->inputs, gathered->files.count, why);
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
    signal =
        sweep_run(&job->fleet, &job->gathered.files, &job->old, job->journal, job->options, why);
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
    if (journal_close(job.journal, &why))
        status = status_worse(status, STATUS_FAILED);
    if (why.text[0])
        complain(&why);
    reports_discard(&job.reports);
    gather_free(&job.gathered);
    fleet_free(&job.baseline);
    fleet_free(&job.old);
    fleet_free(&job.fleet);
    return status;
}
