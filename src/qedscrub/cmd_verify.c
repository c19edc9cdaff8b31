/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/unpack/verify.h"
#include "qedscrub/archive.h"
#include "qedscrub/commands.h"
#include "qedscrub/image.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

/* What verifying a bundle takes. */
struct job {
    const char *path;
    int fd;
    unsigned jobs;
    struct meter *meter;
    bool has_original;
    struct image original;
};

static void print_checks(FILE *out, const struct verification *verification)
{
    for (size_t i = 0; i < verification->count; i++) {
        const struct verify_check *check = &verification->checks[i];

        fprintf(out, "  %-7s %-9s %s\n", check->passed ? "ok" : "FAILED", check->name, check->text);
    }
}

static void print_words(FILE *out, const struct verification *verification)
{
    const struct scrub_counts *words = &verification->record.copy.words;

    fprintf(out,
            "  words:  %" PRIu64 " kept, %" PRIu64 " rewritten as markers, %" PRIu64
            " stand-ins that nobody wrote\n",
            words->kept, words->rewritten, words->stand_ins);
    fprintf(out, "  bytes:  %" PRIu64 " of %" PRIu64 " dropped\n", verification->dropped,
            verification->whole);
}

static void print_conclusion(FILE *out, const char *path, const struct verification *verification)
{
    if (!verification->proved) {
        fprintf(out, "%s: not proved; do not rely on it\n", QUOTE(path));
        return;
    }
    if (verification->has_image) {
        print_words(out, verification);
        fprintf(out, "  It still tells of the guest: the sizes of its disk and of the file, which "
                     "areas of the\n  disk are in use, and in which order they were first "
                     "written.\n");
    }
    fprintf(out, "%s: proved: no guest data inside\n", QUOTE(path));
}

static int verify(void *context, FILE *out, struct failure *why)
{
    const struct job *job = context;
    struct verification *verification = calloc(1, sizeof(*verification));
    int status;

    if (!verification) {
        failure_set(why, "%s: memory ran out", QUOTE(job->path));
        return STATUS_FAILED;
    }
    verify_run(verification, job->fd, job->jobs,
               job->has_original ? map_source(job->original.map) : NULL, job->meter);
    print_checks(out, verification);
    print_conclusion(out, job->path, verification);
    status = verification->proved ? STATUS_OK : STATUS_FAILED;
    verify_free(verification);
    free(verification);
    return status;
}

static int open_files(struct job *job, const struct options *options, struct failure *why)
{
    job->fd = archive_open(job->path, why);
    if (job->fd < 0)
        return STATUS_FAILED;
    job->jobs = options->jobs;
    job->meter = progress_meter(options->progress);
    job->has_original = options->against;
    return options->against ? image_open(&job->original, options->against, options, why)
                            : STATUS_OK;
}

int cmd_verify(const struct options *options)
{
    struct job job = {.fd = -1};
    struct failure why = {0};
    char *text = NULL;
    int status = STATUS_FAILED;

    if (options->word_count != 1) {
        failure_set(&why, "verify: give one bundle");
        complain(&why);
        return STATUS_FAILED;
    }
    job.path = options->words[0];
    status = open_files(&job, options, &why);
    if (status == STATUS_OK) {
        progress_watch(options->progress, "verifying", job.fd);
        status = worker_run(verify, &job, job.path, options, &text, &why);
        progress_watch(options->progress, NULL, 0);
    }
    if (text && !(options->quiet && status == STATUS_OK))
        fputs(text, stdout);
    if (why.text[0])
        complain(&why);
    free(text);
    if (job.has_original)
        image_close(&job.original);
    if (job.fd >= 0)
        close(job.fd);
    return status;
}
