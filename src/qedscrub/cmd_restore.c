/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/quote.h"
#include "bugreport/render/text.h"
#include "bugreport/unpack/verify.h"
#include "qed/fill.h"
#include "qed/sparse.h"
#include "qedscrub/archive.h"
#include "qedscrub/commands.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

/* What a file system takes at least for a cluster that is filled. */
#define FILLED_CLUSTER 4096

/* What restoring an image takes. */
struct job {
    const struct options *options;
    const char *path; /* of the bundle */
    int fd;
    struct output *output;
    uint64_t room; /* bytes that there is room for */
};

static int check_room(const struct job *job, uint64_t data, struct failure *why)
{
    char needed[TEXT_SIZE_SIZE], there[TEXT_SIZE_SIZE];

    if (data <= job->room)
        return 0;
    return failure_set(why, "%s: takes %s, there is room for %s", QUOTE(job->options->archive),
                       text_size(needed, data), text_size(there, job->room));
}

/* Where a file of that length cannot be, the bundle itself can still be looked at. */
static int explain_length(const struct job *job, uint64_t size, struct failure *why)
{
    char text[TEXT_SIZE_SIZE];

    if (why->error != EFBIG && why->error != EINVAL)
        return -1;
    failure_clear(why);
    return failure_set(
        why,
        "%s: this file system cannot hold a file of %s, though little of it is data; "
        "name a place on XFS, Btrfs or tmpfs, or look at the bundle as it is: "
        "qedscrub info %s",
        QUOTE(job->options->archive), text_size(text, size), QUOTE(job->path));
}

static int fill(const struct job *job, struct source *image, uint64_t data, FILE *out,
                struct failure *why)
{
    struct meter *meter = progress_meter(job->options->progress);
    const struct audit_options options = {.keep = 0, .meter = meter};
    struct audit *audit = calloc(1, sizeof(*audit));
    uint64_t clusters = 0, filled;
    int result = -1;

    if (!audit)
        return failure_set_errno(why, ENOMEM, "cannot audit the image");
    if (audit_run(audit, image, &options, why))
        goto out;
    if (!audit->walked) {
        failure_set(why, "%s: its image has no tables that could be filled", QUOTE(job->path));
        goto out;
    }
    if (!checked_multiply(audit->usage.valid_elements, FILLED_CLUSTER, &filled) ||
        !checked_add(filled, data, &filled))
        filled = UINT64_MAX;
    if (check_room(job, filled, why))
        goto out;
    meter_begin(meter, "filling clusters", audit->usage.valid_elements, false);
    if (fill_write(job->output, image, audit, meter, &clusters, why))
        goto out;
    fprintf(out, "  %" PRIu64 " data clusters hold their guest position\n", clusters);
    result = 0;
out:
    audit_free(audit);
    free(audit);
    return result;
}

static int write_image(const struct job *job, struct image_store *image, FILE *out,
                       struct failure *why)
{
    char size[TEXT_SIZE_SIZE], data[TEXT_SIZE_SIZE];
    struct meter *meter = progress_meter(job->options->progress);
    struct failure writing = {0};

    if (check_room(job, image->used, why))
        return -1;
    meter_begin(meter, "writing", image->used, true);
    if (sparse_write(job->output, &image->source, meter, &writing)) {
        explain_length(job, image->source.size, &writing);
        *why = writing;
        return -1;
    }
    fprintf(out, "%s: %s, of which data %s\n", QUOTE(job->options->archive),
            text_size(size, image->source.size), text_size(data, image->used));
    return job->options->fill_offset ? fill(job, &image->source, image->used, out, why) : 0;
}

static int restore(void *context, FILE *out, struct failure *why)
{
    const struct job *job = context;
    struct verification *verification = calloc(1, sizeof(*verification));
    int status = STATUS_FAILED;

    if (!verification) {
        failure_set_errno(why, ENOMEM, "%s", QUOTE(job->path));
        return STATUS_FAILED;
    }
    verify_read(verification, job->fd, job->options->jobs);
    if (!verification->proved)
        failure_set(why, "%s: %s", QUOTE(job->path),
                    verification->checks[verification->count - 1].text);
    else if (!verification->has_image)
        failure_set(why, "%s: holds reports only; there is no image to restore", QUOTE(job->path));
    else if (!write_image(job, &verification->contents.image, out, why))
        status = STATUS_OK;
    verify_free(verification);
    free(verification);
    return status;
}

static int check_words(const struct options *options, struct failure *why)
{
    if (options->word_count != 1 || !options->archive)
        return failure_set(why, "restore: give one bundle, and with -o the image to write");
    if (!strcmp(options->archive, "-"))
        return failure_set(why, "restore: a sparse image needs a file, not standard output");
    return 0;
}

static int open_files(struct job *job, struct stat *bundle, struct output_options *output_options,
                      struct failure *why)
{
    job->fd = archive_open(job->path, why);
    if (job->fd < 0)
        return -1;
    if (fstat(job->fd, bundle))
        return failure_set_errno(why, errno, "%s", QUOTE(job->path));
    output_options->inputs = bundle;
    output_options->input_count = 1;
    if (output_open(&job->output, job->options->archive, output_options, why))
        return -1;
    job->room = output_room(job->output);
    return 0;
}

int cmd_restore(const struct options *options)
{
    struct job job = {.options = options, .fd = -1};
    struct output_options output_options = {.never_replace = true};
    struct stat bundle;
    struct failure why = {0};
    char *text = NULL;
    int status = STATUS_FAILED;

    if (!check_words(options, &why)) {
        job.path = options->words[0];
        if (!open_files(&job, &bundle, &output_options, &why)) {
            progress_watch(options->progress, "reading", job.fd);
            status = worker_run(restore, &job, job.path, options, &text, &why);
            progress_watch(options->progress, NULL, 0);
        }
    }
    if (status == STATUS_OK) {
        if (output_commit(job.output, &why))
            status = STATUS_FAILED;
        job.output = NULL;
    }
    if (status != STATUS_OK)
        complain(&why);
    else if (!options->quiet)
        fputs(text, stderr);
    free(text);
    output_discard(job.output);
    if (job.fd >= 0)
        close(job.fd);
    return status;
}
