/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/quote.h"
#include "bugreport/pack/bundle.h"
#include "bugreport/render/text.h"
#include "qedscrub/closing.h"
#include "qedscrub/commands.h"
#include "qedscrub/host.h"
#include "qedscrub/image.h"
#include "qedscrub/pack.h"
#include "qedscrub/progress.h"
#include "qedscrub/proof.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

/* All that packing one image goes through. */
struct job {
    const struct options *options;
    const char *archive; /* where to, "-" for standard output */
    const struct output_options *output_options;
    struct image image;
    struct scrub scrub;
    bool has_copy;
    struct record record;
    struct output *output;
    struct sink sink;
    struct bundle_inventory inventory;
    struct text_style style;        /* of what is said at the end */
    struct environment environment; /* what the owner lets the bundle tell of the host */
};

/* SOURCE_DATE_EPOCH, or 0: what is packed does not tell when. */
static int64_t bundle_time(void)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    char *end;
    long long value;

    if (!text || !text[0])
        return 0;
    errno = 0;
    value = strtoll(text, &end, 10);
    return errno || *end || value < 0 ? 0 : value;
}

static int begin_output(struct job *job, struct failure *why)
{
    if (job->options->dry_run)
        return 0;
    if (!strcmp(job->archive, "-"))
        return output_open_stdout(&job->output, job->output_options, !job->options->no_verify, why);
    return output_open(&job->output, job->archive, job->output_options, why);
}

static int plan_copy(struct job *job, struct failure *why)
{
    struct scrub_options options = {job->options->keep_backing_name, job->options->faithful};
    struct scrub_forecast forecast;

    job->has_copy = audit_can_copy(&job->image.audit);
    if (!job->has_copy)
        return 0;
    if (scrub_init(&job->scrub, map_source(job->image.map), &job->image.audit, &options, why) ||
        scrub_predict(&job->scrub, &forecast, why))
        return -1;
    return record_add_copy(&job->record, &job->scrub, &forecast, options.faithful, why);
}

/* Which program wrote the archive is no secret; the rest was asked for. */
static int take_environment(struct job *job, struct failure *why)
{
    job->record.environment = job->environment;
    job->environment = (struct environment){0};
    return environment_set(&job->record.environment.libraries, tarball_library(), why);
}

/* The record as it will stand in the bundle, where names are told only on request. */
static int make_record(struct job *job, struct failure *why)
{
    const struct options *options = job->options;
    struct image *image = &job->image;
    const char *name = options->keep_names ? path_base(image->path) : "image.qed";
    char backing[HEADER_MAX_NAME + 1];
    int length = 0;

    if (record_make(&job->record, &image->audit, name, why))
        return -1;
    if (options->keep_backing_name)
        length = header_backing_name(&image->audit.header, map_source(image->map), backing, why);
    if (length < 0)
        return -1;
    if (length > 0 && record_set_backing_name(&job->record, backing, why))
        return -1;
    if (take_environment(job, why))
        return -1;
    if (plan_copy(job, why))
        return -1;
    if (!job->has_copy)
        record_drop_places(&job->record);
    return 0;
}

static int write_bundle(struct job *job, struct failure *why)
{
    struct bundle_options options = {.filter = tarball_filter_of(job->archive),
                                     .gzip = {job->options->jobs, job->options->plain_deflate},
                                     .label = job->options->label,
                                     .time = bundle_time(),
                                     .meter = progress_meter(job->options->progress)};

    sink_init(&job->sink, job->output);
    if (bundle_write(&job->sink, &options, &job->record, job->has_copy ? &job->scrub : NULL,
                     &job->inventory, why))
        return -1;
    if (image_changed(&job->image) && !job->options->force_share)
        return failure_set(why, "the image changed while it was read; try again when it is not in "
                                "use");
    return 0;
}

static void print_closing(struct job *job, FILE *out)
{
    char hex[SINK_HEX_SIZE];
    struct closing closing = {job->archive, job->sink.size, hex, &job->record};

    sink_hex(&job->sink.hash, hex);
    closing_print(out, &closing, &job->style);
}

static void print_inventory(const struct job *job, FILE *out)
{
    char size[TEXT_SIZE_SIZE];

    fprintf(out, "%s: would be %s\n", QUOTE(job->archive), text_size(size, job->sink.size));
    for (size_t i = 0; i < job->inventory.count; i++) {
        fprintf(out, "  %-14s %s", job->inventory.members[i].name,
                text_size(size, job->inventory.members[i].size));
        if (job->inventory.members[i].data_size != job->inventory.members[i].size)
            fprintf(out, ", of which data %s",
                    text_size(size, job->inventory.members[i].data_size));
        fprintf(out, "\n");
    }
}

/* What the child does: all but opening and publishing. */
static int pack_image(void *context, FILE *out, struct failure *why)
{
    struct job *job = context;
    int status;

    job->image.atlas = true;
    job->image.meter = progress_meter(job->options->progress);
    status = image_audit(&job->image, job->options, why);

    if (status == STATUS_OK && (make_record(job, why) || write_bundle(job, why))) {
        failure_prefix(why, job->image.path);
        status = STATUS_FAILED;
    } else if (status == STATUS_OK && job->options->dry_run) {
        print_inventory(job, out);
    } else if (status == STATUS_OK) {
        print_closing(job, out);
    }
    record_free(&job->record);
    scrub_free(&job->scrub);
    return status;
}

static int commit(struct job *job, struct failure *why)
{
    struct output *output = job->output;

    job->output = NULL;
    return output && output_commit(output, why) ? STATUS_FAILED : STATUS_OK;
}

static bool is_verified(const struct options *options)
{
    return !options->dry_run && !options->no_verify;
}

/* A dry run's result is data, and goes to standard output. */
static void print_result(const struct options *options, const char *text)
{
    if (options->dry_run) {
        fputs(text, stdout);
    } else if (!options->quiet) {
        fputs(text, stderr);
        fprintf(stderr, "  guest data inside: %s (%s)\n",
                options->faithful ? "none but what --faithful keeps" : "none",
                is_verified(options) ? "verified" : "not verified");
    }
}

int pack_one(const struct options *options, const struct output_options *output_options,
             const char *path, int fd, const char *archive)
{
    struct terminal terminal = terminal_look(STDERR_FILENO, options->color);
    struct job job = {.options = options,
                      .archive = archive,
                      .output_options = output_options,
                      .style = {.colour = terminal.colour}};
    struct failure why = {0};
    char *text = NULL;
    int status = begin_output(&job, &why) ? STATUS_FAILED : STATUS_OK;

    if (status == STATUS_OK && options->host_facts && host_describe(&job.environment, &why))
        status = STATUS_FAILED;

    /* Standard output may be the image: that is told, and not that somebody writes to it. */
    if (status != STATUS_OK)
        close(fd);
    else if (fd < 0)
        status = image_open(&job.image, path, options, &why);
    else
        status = image_open_file(&job.image, fd, path, options, &why);
    if (status == STATUS_OK)
        status = worker_run(pack_image, &job, path, options, &text, &why);
    if (status == STATUS_OK && is_verified(options))
        status = proof_run(job.output, archive, options, &why);
    if (status == STATUS_OK)
        status = commit(&job, &why);
    if (status == STATUS_OK)
        print_result(options, text);
    else
        complain(&why);
    free(text);
    environment_free(&job.environment);
    output_discard(job.output);
    image_close(&job.image);
    return status;
}
