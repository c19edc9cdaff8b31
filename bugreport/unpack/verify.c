/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bugreport/unpack/verify_steps.h"

void verify_say(struct verify_job *job, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(job->text, sizeof(job->verification->checks[0].text), format, args);
    va_end(args);
}

static int take_members(struct verify_job *job, struct failure *why)
{
    struct contents *contents = &job->verification->contents;

    if (contents_read(contents, job->fd, job->jobs, job->feed, why))
        return -1;
    job->verification->has_image = contents->members[MEMBER_IMAGE].present;
    verify_say(job, "%zu in the folder %s, known ones in their order, and nothing besides%s",
               contents->count, contents->label,
               job->verification->has_image ? "" : "; no image: reports only");
    return 0;
}

/* In order; each builds upon those before it, so that the first one that fails is the last. */
static const struct {
    const char *name;
    int (*run)(struct verify_job *job, struct failure *why);
    bool of_image, of_original;
} steps[] = {
    {"members", take_members, false, false},   {"digests", verify_digests, false, false},
    {"account", verify_account, false, false}, {"grammar", verify_grammar, true, false},
    {"figures", verify_figures, true, false},  {"reports", verify_reports, false, false},
    {"original", verify_original, true, true}, {"verdict", verify_verdict, false, true},
};

static bool run_step(struct verify_job *job, size_t step)
{
    struct verify_check *check = &job->verification->checks[job->verification->count++];
    struct failure why = {0};

    check->name = steps[step].name;
    job->text = check->text;
    check->passed = !steps[step].run(job, &why);
    if (!check->passed)
        verify_say(job, "%s", why.text);
    return check->passed;
}

static bool run_steps(struct verify_job *job, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if ((steps[i].of_image && !job->verification->has_image) ||
            (steps[i].of_original && !job->original))
            continue;
        if (!run_step(job, i))
            return false;
    }
    return true;
}

static void verify_some(struct verify_job *job, size_t count)
{
    struct verification *verification = job->verification;

    *verification = (struct verification){0};
    verification->proved = run_steps(job, count);
    verification->record.atlas = NULL; /* the audit's */
    account_free(&job->account);
    audit_free(&job->audit);
    audit_free(&job->original_audit);
}

void verify_read(struct verification *verification, int fd, unsigned jobs)
{
    struct verify_job job = {.verification = verification, .fd = fd, .jobs = jobs};

    verify_some(&job, 2);
}

void verify_run(struct verification *verification, int fd, unsigned jobs, struct source *original,
                struct meter *meter)
{
    struct audit_feed feed = {0};
    struct verify_job job = {.verification = verification,
                             .fd = fd,
                             .jobs = jobs,
                             .original = original,
                             .feed = &feed,
                             .meter = meter};

    verify_some(&job, sizeof(steps) / sizeof(steps[0]));
    audit_feed_free(&feed);
}

void verify_free(struct verification *verification)
{
    contents_free(&verification->contents);
    record_free(&verification->record);
}
