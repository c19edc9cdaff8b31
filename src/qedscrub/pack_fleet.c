/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/quote.h"
#include "bugreport/render/escape.h"
#include "bugreport/render/words.h"
#include "qedscrub/commands.h"
#include "qedscrub/gather.h"
#include "qedscrub/names.h"
#include "qedscrub/pack.h"
#include "qedscrub/status.h"
#include "qedscrub/sweep.h"

/* A bundle that was made. */
struct packed {
    const char *archive;
    const struct fleet_entry *entry;
};

struct pack_job {
    struct options options; /* the user's, but for closing words of each bundle */
    bool quiet;
    struct output_options output_options;
    struct gathered gathered;
    struct fleet fleet;
    struct names names;
    struct output *index;
    struct packed *packed;
    size_t packed_count;
};

static bool deserves_bundle(const struct fleet_entry *entry, unsigned only)
{
    const struct record *record = &entry->record;

    return only & PACK_ALL || (only & PACK_CORRUPT && record->verdict == VERDICT_CORRUPT) ||
           (only & PACK_LEAKS && record->leaks && record->leaks != RECORD_UNKNOWN) ||
           (only & PACK_DIRTY && record->dirty_flag);
}

/* The index is for who made the bundles: it tells names that the bundles do not. */
static int begin_index(struct pack_job *job, struct failure *why)
{
    char *path = path_join(job->options.archive, PACK_INDEX);
    int result;

    if (!path)
        return failure_set_errno(why, ENOMEM, "cannot write an index");
    result = output_open(&job->index, path, &job->output_options, why);
    free(path);
    return result;
}

static int prepare(struct pack_job *job, struct failure *why)
{
    const struct options *options = &job->options;

    if (!options->archive || !names_is_directory(options->archive))
        return failure_set(why, "-o must name an existing directory for the bundles");
    if (gather(&job->gathered, options, NULL, why))
        return -1;
    job->output_options.replace = options->force;
    job->output_options.inputs = job->gathered.inputs;
    job->output_options.input_count = job->gathered.files.count;
    return options->dry_run ? 0 : begin_index(job, why);
}

/* Audits the images, to choose from them. Returns the number of a signal that came, 0, or -1. */
static int choose(struct pack_job *job, struct failure *why)
{
    int signal = sweep_run(&job->fleet, &job->gathered.files, NULL, NULL, &job->options, why);

    if (signal < 0 || fleet_finish(&job->fleet, why))
        return -1;
    job->packed = reallocarray(NULL, job->fleet.count + 1, sizeof(*job->packed));
    if (!job->packed)
        return failure_set_errno(why, ENOMEM, "cannot keep account of bundles");
    return signal;
}

static int compare_path(const void *path, const void *found)
{
    return strcmp(path, ((const struct found *)found)->path);
}

/* The image is opened as it was found, so that no link can lead elsewhere meanwhile. */
static int open_image(struct pack_job *job, const char *path)
{
    struct files *files = &job->gathered.files;
    const struct found *found =
        bsearch(path, files->list, files->count, sizeof(*files->list), compare_path);

    return files_open(files, found);
}

static int say_failure(const char *path, const char *message)
{
    struct failure why = {0};

    failure_set(&why, "%s: %s", QUOTE(path), message);
    complain(&why);
    return STATUS_FAILED;
}

static int pack_entry(struct pack_job *job, const struct fleet_entry *entry)
{
    const char *path = entry->record.filename;
    const char *archive = names_next(&job->names, path);
    int fd = archive ? open_image(job, path) : -1, status;

    if (!archive)
        return STATUS_FAILED;
    if (fd < 0)
        return say_failure(path, strerror(errno));
    status = pack_one(&job->options, &job->output_options, path, fd, archive);
    if (status != STATUS_OK)
        return status;
    job->packed[job->packed_count++] = (struct packed){archive, entry};
    if (!job->options.dry_run && !job->quiet)
        fprintf(stderr, "%s: %s, %s\n", QUOTE(archive), QUOTE(path), words_outcome(entry));
    return STATUS_OK;
}

/* Packs what deserves it; a file of several names once. What could not be audited is a failure. */
static int pack_entries(struct pack_job *job)
{
    unsigned only = job->options.only ? job->options.only : PACK_ALL;
    int status = STATUS_OK;

    for (size_t i = 0; i < job->fleet.count; i++) {
        const struct fleet_entry *entry = &job->fleet.entries[i];

        if (entry->first_link != i)
            continue;
        if (entry->status != ENTRY_OK)
            status = status_worse(status, say_failure(entry->record.filename, entry->message));
        else if (deserves_bundle(entry, only))
            status = status_worse(status, pack_entry(job, entry));
    }
    return status;
}

static int write_index(struct pack_job *job, struct failure *why)
{
    struct output *index = job->index;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    int result;

    if (!out)
        return failure_set_errno(why, ENOMEM, "cannot write an index");
    fprintf(out, "bundle,image,verdict,corruptions,leaks,dirty\r\n");
    for (size_t i = 0; i < job->packed_count; i++) {
        const struct record *record = &job->packed[i].entry->record;
        char leaks[WORDS_NUMBER_SIZE];

        escape_csv(out, job->packed[i].archive);
        fputc(',', out);
        escape_csv(out, record->filename);
        fprintf(out, ",%s,%" PRIu64 ",%s,%s\r\n", verdict_name(record->verdict),
                record->corruptions, words_leaks(leaks, record),
                record->dirty_flag ? "true" : "false");
    }
    if (fclose(out))
        result = failure_set_errno(why, ENOMEM, "cannot write an index");
    else
        result = output_write(index, text, size, why);
    free(text);
    job->index = NULL;
    if (!result)
        return output_commit(index, why);
    output_discard(index);
    return result;
}

/* Returns the exit status. */
static int pack_chosen(struct pack_job *job, struct failure *why)
{
    int signal = choose(job, why), status;

    if (signal < 0)
        return STATUS_FAILED;
    if (signal)
        return STATUS_SIGNAL + signal;
    job->options.quiet = true;
    status = pack_entries(job);
    if (job->index && write_index(job, why))
        return STATUS_FAILED;
    if (!job->quiet && !job->options.dry_run)
        fprintf(stderr, "%zu of %zu images packed; " PACK_INDEX " says which\n", job->packed_count,
                job->fleet.count);
    return status;
}

int pack_fleet(const struct options *options)
{
    struct pack_job job = {.options = *options, .quiet = options->quiet};
    struct failure why = {0};
    int status = STATUS_FAILED;

    job.names.directory = options->archive;
    fleet_init(&job.fleet);
    if (!prepare(&job, &why))
        status = pack_chosen(&job, &why);
    if (why.text[0])
        complain(&why);
    output_discard(job.index);
    names_free(&job.names);
    fleet_free(&job.fleet);
    gather_free(&job.gathered);
    free(job.packed);
    return status;
}
