/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/gzip.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/crew.h"
#include "bugreport/pack/gzip_block.h"
#include "bugreport/pack/hash_line.h"

struct job {
    struct gzip *gzip;
    uint64_t number;
    size_t size, deflated_size;
    size_t hashed_from, hashed_end; /* what is to be hashed of the bytes */
    uint32_t crc;                   /* of the bytes */
    unsigned char bytes[GZIP_BLOCK_SIZE], deflated[GZIP_BLOCK_ROOM];
};

struct gzip {
    struct sink *sink;
    struct crew *crew;
    struct job *jobs;
    struct gzip_block_encoder **encoders; /* one for each worker */
    unsigned encoder_count;
    struct job *filling; /* NULL: none begun */
    uint64_t begun;      /* jobs */
    struct hash_line line;
    uint32_t crc;
    uint64_t size;
};

/* RFC 1952: deflate, no flags, no time; the last byte says that the system is unknown. */
static const unsigned char header[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};

/* A last block of nothing, in the fixed code. */
static const unsigned char end[] = {0x03, 0x00};

static void hash_job(struct job *job)
{
    hash_line_add(&job->gzip->line, job->number, job->bytes + job->hashed_from,
                  job->hashed_end - job->hashed_from);
}

/* Hashes first or last: rather than wait for its turn, it deflates meanwhile. */
static void deflate_job(void *argument, unsigned worker)
{
    struct job *job = argument;
    bool is_next = hash_line_is_next(&job->gzip->line, job->number);

    if (is_next)
        hash_job(job);
    job->crc = libdeflate_crc32(0, job->bytes, job->size);
    job->deflated_size =
        gzip_block_deflate(job->gzip->encoders[worker], job->bytes, job->size, job->deflated);
    if (!is_next)
        hash_job(job);
}

static int make_encoders(struct gzip *gzip, unsigned count, bool plain, struct failure *why)
{
    gzip->encoders = calloc(count, sizeof(struct gzip_block_encoder *));
    if (!gzip->encoders)
        return failure_set_errno(why, ENOMEM, "cannot compress");
    while (gzip->encoder_count < count) {
        if (gzip_block_encoder_new(&gzip->encoders[gzip->encoder_count], plain, why))
            return -1;
        gzip->encoder_count++;
    }
    return 0;
}

static int set_up(struct gzip *gzip, const struct gzip_options *options, struct failure *why)
{
    unsigned workers = crew_size(options->jobs);
    size_t job_count = 2 * (size_t)workers + 1;

    gzip->jobs = calloc(job_count, sizeof(struct job));
    if (!gzip->jobs)
        return failure_set_errno(why, ENOMEM, "cannot compress");
    for (size_t i = 0; i < job_count; i++)
        gzip->jobs[i].gzip = gzip;
    if (make_encoders(gzip, workers, options->plain, why))
        return -1;
    if (crew_start(&gzip->crew, workers, deflate_job, gzip->jobs, sizeof(struct job), job_count,
                   why))
        return -1;
    return sink_write(gzip->sink, header, sizeof(header), why);
}

int gzip_open(struct gzip **gzip, struct sink *sink, const struct gzip_options *options,
              struct failure *why)
{
    struct gzip *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot compress");
    opened->sink = sink;
    hash_line_init(&opened->line);
    if (set_up(opened, options, why)) {
        gzip_free(opened);
        return -1;
    }
    *gzip = opened;
    return 0;
}

/* Writes the oldest block under way. */
static int write_job(struct gzip *gzip, const struct job *job, struct failure *why)
{
    gzip->crc = (uint32_t)crc32_combine(gzip->crc, job->crc, (z_off_t)job->size);
    gzip->size += job->size;
    return sink_write(gzip->sink, job->deflated, job->deflated_size, why);
}

static int begin_job(struct gzip *gzip, struct failure *why)
{
    gzip->filling = crew_vacant(gzip->crew);
    if (!gzip->filling) {
        if (write_job(gzip, crew_take(gzip->crew), why))
            return -1;
        gzip->filling = crew_vacant(gzip->crew);
    }
    gzip->filling->number = gzip->begun++;
    gzip->filling->size = gzip->filling->hashed_from = gzip->filling->hashed_end = 0;
    return 0;
}

static void give_job(struct gzip *gzip)
{
    crew_give(gzip->crew);
    gzip->filling = NULL;
}

unsigned char *gzip_room(struct gzip *gzip, size_t *size, struct failure *why)
{
    if (!gzip->filling && begin_job(gzip, why))
        return NULL;
    *size = GZIP_BLOCK_SIZE - gzip->filling->size;
    return gzip->filling->bytes + gzip->filling->size;
}

/* The next size bytes of a job are to be hashed, too. */
static int add_to_hashed(struct job *job, size_t size, struct failure *why)
{
    if (job->hashed_end == job->hashed_from)
        job->hashed_from = job->hashed_end = job->size;
    if (job->hashed_end != job->size)
        return failure_set(why, "what is to be hashed does not come in a row");
    job->hashed_end += size;
    return 0;
}

static int write_bytes(struct gzip *gzip, const void *bytes, size_t size, bool hashed,
                       struct failure *why)
{
    const unsigned char *at = bytes;

    while (size > 0) {
        size_t part;
        unsigned char *room = gzip_room(gzip, &part, why);

        if (!room)
            return -1;
        part = part < size ? part : size;
        if (room != at)
            memcpy(room, at, part);
        if (hashed && add_to_hashed(gzip->filling, part, why))
            return -1;
        gzip->filling->size += part;
        if (gzip->filling->size == GZIP_BLOCK_SIZE)
            give_job(gzip);
        at += part;
        size -= part;
    }
    return 0;
}

int gzip_write(struct gzip *gzip, const void *bytes, size_t size, struct failure *why)
{
    return write_bytes(gzip, bytes, size, false, why);
}

int gzip_write_hashed(struct gzip *gzip, const void *bytes, size_t size, struct failure *why)
{
    return write_bytes(gzip, bytes, size, true, why);
}

void gzip_end_block(struct gzip *gzip)
{
    if (gzip->filling && gzip->filling->size > 0)
        give_job(gzip);
}

/* Writes all blocks that were handed out. */
static int write_jobs(struct gzip *gzip, struct failure *why)
{
    const struct job *job;

    while ((job = crew_take(gzip->crew))) {
        if (write_job(gzip, job, why))
            return -1;
    }
    return 0;
}

int gzip_digest(struct gzip *gzip, char hex[SINK_HEX_SIZE], struct failure *why)
{
    struct job *job = gzip->filling;

    if (write_jobs(gzip, why))
        return -1;
    hash_line_end(&gzip->line, job ? job->bytes + job->hashed_from : NULL,
                  job ? job->hashed_end - job->hashed_from : 0, hex);
    if (job)
        job->hashed_from = job->hashed_end;
    return 0;
}

int gzip_finish(struct gzip *gzip, struct failure *why)
{
    unsigned char trailer[8];

    if (gzip->filling)
        give_job(gzip);
    if (write_jobs(gzip, why))
        return -1;
    bytes_store32(trailer, gzip->crc);
    bytes_store32(trailer + 4, (uint32_t)gzip->size);
    if (sink_write(gzip->sink, end, sizeof(end), why))
        return -1;
    return sink_write(gzip->sink, trailer, sizeof(trailer), why);
}

void gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    crew_end(gzip->crew);
    for (unsigned i = 0; i < gzip->encoder_count; i++)
        gzip_block_encoder_free(gzip->encoders[i]);
    hash_line_free(&gzip->line);
    free(gzip->encoders);
    free(gzip->jobs);
    free(gzip);
}
