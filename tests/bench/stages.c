/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: stages IMAGE
 *
 * Carries out each stage of packing by itself and prints what it costs as a JSON object:
 * nanoseconds of processor time for each byte of the image's tables, the least of some rounds.
 */
#include <err.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "bugreport/pack/gzip_block.h"
#include "bugreport/pack/sink.h"
#include "bugreport/render/html.h"
#include "bugreport/render/json.h"
#include "bugreport/render/text.h"
#include "qed/map.h"
#include "qed/scrub.h"

#define ROUNDS 5

/* Stages that work on bytes get no more of them than this. */
#define MOST ((size_t)8 << 20)

/* What one stage leaves to the next. */
struct bench {
    const char *path;
    uint64_t table_bytes;
    struct map *map;
    struct audit audit;
    struct scrub scrub;
    struct record record;
    unsigned char *bytes; /* of the copy, the first ones, up to a whole number of blocks */
    size_t size, capacity;
    unsigned char (*deflated)[GZIP_BLOCK_ROOM]; /* these blocks */
    size_t *deflated_sizes;
    struct gzip_block_encoder *encoder, *plain_encoder;
    z_stream usual, inflater;
    unsigned char room[GZIP_BLOCK_ROOM];
    struct failure why;
};

static void demand(const struct bench *bench, int failed)
{
    if (failed)
        errx(EXIT_FAILURE, "%s: %s", bench->path, bench->why.text);
}

static uint64_t read_tables(struct bench *bench)
{
    int fd = open(bench->path, O_RDONLY | O_CLOEXEC);
    off_t at = 0;

    bench->table_bytes = 0;
    while ((at = lseek(fd, at, SEEK_DATA)) >= 0) {
        off_t end = lseek(fd, at, SEEK_HOLE);

        while (at < end) {
            size_t left = (size_t)(end - at),
                   part = left < GZIP_BLOCK_SIZE ? left : GZIP_BLOCK_SIZE;
            ssize_t got = pread(fd, bench->room, part, at);

            if (got <= 0)
                err(EXIT_FAILURE, "%s", bench->path);
            at += got;
            bench->table_bytes += (uint64_t)got;
        }
    }
    close(fd);
    return bench->table_bytes;
}

static uint64_t audit_image(struct bench *bench)
{
    struct audit_options options = {.keep = 8, .atlas = true};

    audit_free(&bench->audit);
    map_close(bench->map);
    demand(bench, map_open(&bench->map, bench->path, &bench->why));
    demand(bench, audit_run(&bench->audit, map_source(bench->map), &options, &bench->why));
    return bench->table_bytes;
}

static uint64_t make_reports(struct bench *bench)
{
    char *texts[3];

    record_free(&bench->record);
    demand(bench, record_make(&bench->record, &bench->audit, "image.qed", &bench->why));
    texts[0] = render_text(&bench->record, &bench->why);
    texts[1] = render_json(&bench->record, &bench->why);
    texts[2] = render_html(&bench->record, &bench->why);
    for (size_t i = 0; i < 3; i++) {
        demand(bench, !texts[i]);
        free(texts[i]);
    }
    return bench->table_bytes;
}

static void scrub_range(struct bench *bench, const struct extent *range)
{
    size_t part;

    for (uint64_t done = 0; done < range->size; done += part) {
        const unsigned char *bytes;
        size_t room = bench->capacity - bench->size;

        part = range->size - done < SOURCE_CHUNK ? (size_t)(range->size - done) : SOURCE_CHUNK;
        bytes = source_range(&bench->scrub.source, range->offset + done, part, &bench->why);
        demand(bench, !bytes);
        room = room < part ? room : part;
        memcpy(bench->bytes + bench->size, bytes, room);
        bench->size += room;
    }
}

static uint64_t scrub_image(struct bench *bench)
{
    struct scrub_options options = {0};
    struct scrub_forecast forecast;

    scrub_free(&bench->scrub);
    demand(bench,
           scrub_init(&bench->scrub, map_source(bench->map), &bench->audit, &options, &bench->why));
    demand(bench, scrub_predict(&bench->scrub, &forecast, &bench->why));
    bench->size = 0;
    for (size_t i = 0; i < bench->scrub.ranges.count; i++)
        scrub_range(bench, &bench->scrub.ranges.list[i]);
    return extents_total(&bench->scrub.ranges);
}

static uint64_t deflate_blocks(struct bench *bench, struct gzip_block_encoder *encoder)
{
    for (size_t at = 0; at < bench->size; at += GZIP_BLOCK_SIZE) {
        size_t left = bench->size - at, part = left < GZIP_BLOCK_SIZE ? left : GZIP_BLOCK_SIZE;
        size_t i = at / GZIP_BLOCK_SIZE;

        bench->deflated_sizes[i] =
            gzip_block_deflate(encoder, bench->bytes + at, part, bench->deflated[i]);
    }
    return bench->size;
}

static uint64_t deflate_plain(struct bench *bench)
{
    return deflate_blocks(bench, bench->plain_encoder);
}

static uint64_t deflate_tables(struct bench *bench)
{
    return deflate_blocks(bench, bench->encoder);
}

/* A few blocks suffice: this takes a hundred times as long. */
static uint64_t deflate_as_usual(struct bench *bench)
{
    size_t size = bench->size < 8 * GZIP_BLOCK_SIZE ? bench->size : 8 * GZIP_BLOCK_SIZE;

    deflateReset(&bench->usual);
    bench->usual.next_in = bench->bytes;
    bench->usual.avail_in = (uInt)size;
    do {
        bench->usual.next_out = bench->room;
        bench->usual.avail_out = (uInt)sizeof(bench->room);
    } while (deflate(&bench->usual, Z_FINISH) == Z_OK);
    return size;
}

static uint64_t check_sum(struct bench *bench)
{
    volatile uint32_t sum = libdeflate_crc32(0, bench->bytes, bench->size);

    (void)sum;
    return bench->size;
}

static uint64_t digest(struct bench *bench)
{
    struct sha256_ctx hash;
    char hex[SINK_HEX_SIZE];

    sha256_init(&hash);
    sha256_update(&hash, bench->size, bench->bytes);
    sink_hex(&hash, hex);
    return bench->size;
}

static uint64_t inflate_blocks(struct bench *bench)
{
    for (size_t i = 0; i * GZIP_BLOCK_SIZE < bench->size; i++) {
        inflateReset(&bench->inflater);
        bench->inflater.next_in = bench->deflated[i];
        bench->inflater.avail_in = (uInt)bench->deflated_sizes[i];
        bench->inflater.next_out = bench->room;
        bench->inflater.avail_out = (uInt)sizeof(bench->room);
        if (inflate(&bench->inflater, Z_SYNC_FLUSH) != Z_OK)
            errx(EXIT_FAILURE, "%s: block %zu does not inflate", bench->path, i);
    }
    return bench->size;
}

/* Each returns how many bytes it worked on. */
static const struct stage {
    const char *name;
    uint64_t (*run)(struct bench *bench);
} stages[] = {
    {"read the tables (pread)", read_tables},
    {"audit", audit_image},
    {"reports: text, JSON, HTML", make_reports},
    {"scrub", scrub_image},
    {"deflate, zlib level 1", deflate_plain},
    {"deflate, zlib level 6", deflate_as_usual},
    {"deflate, as packed", deflate_tables},
    {"CRC-32", check_sum},
    {"SHA-256", digest},
    {"inflate (zlib)", inflate_blocks},
};

static double processor_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double least_cost(struct bench *bench, const struct stage *stage)
{
    double least = 0;

    for (int round = 0; round < ROUNDS; round++) {
        double before = processor_time();
        uint64_t bytes = stage->run(bench);
        double cost = (processor_time() - before) / (double)(bytes ? bytes : 1);

        if (round == 0 || cost < least)
            least = cost;
    }
    return least;
}

static void set_up(struct bench *bench)
{
    size_t blocks = MOST / GZIP_BLOCK_SIZE;

    bench->capacity = MOST;
    bench->bytes = malloc(MOST);
    bench->deflated = calloc(blocks, sizeof(*bench->deflated));
    bench->deflated_sizes = calloc(blocks, sizeof(*bench->deflated_sizes));
    if (!bench->bytes || !bench->deflated || !bench->deflated_sizes ||
        deflateInit(&bench->usual, 6) != Z_OK || inflateInit2(&bench->inflater, -15) != Z_OK)
        errx(EXIT_FAILURE, "no memory");
    demand(bench, gzip_block_encoder_new(&bench->encoder, false, &bench->why));
    demand(bench, gzip_block_encoder_new(&bench->plain_encoder, true, &bench->why));
}

static void tear_down(struct bench *bench)
{
    deflateEnd(&bench->usual);
    inflateEnd(&bench->inflater);
    gzip_block_encoder_free(bench->encoder);
    gzip_block_encoder_free(bench->plain_encoder);
    record_free(&bench->record);
    scrub_free(&bench->scrub);
    audit_free(&bench->audit);
    map_close(bench->map);
    free(bench->bytes);
    free(bench->deflated);
    free(bench->deflated_sizes);
}

int main(int argc, char **argv)
{
    static struct bench bench;

    if (argc != 2)
        errx(EXIT_FAILURE, "usage: stages IMAGE");
    bench.path = argv[1];
    set_up(&bench);
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
        printf("%s\"%s\": %.4f", i ? ", " : "{", stages[i].name, least_cost(&bench, &stages[i]));
    printf("}\n");
    tear_down(&bench);
    return EXIT_SUCCESS;
}
