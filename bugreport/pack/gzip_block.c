/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/gzip_block.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/bytes.h"

#define WINDOW_BITS (-15) /* the largest window; negative: neither header nor checksum */
#define MEM_LEVEL   9

/* Content is judged by every eighth line of 64 bytes. */
#define LINE      64
#define LINE_STEP 512

struct method {
    bool table;
    int level, strategy; /* of zlib otherwise */
};

static const struct method method_table = {.table = true};
static const struct method method_sparse = {.level = 1, .strategy = Z_RLE};
static const struct method method_text = {.level = 6, .strategy = Z_DEFAULT_STRATEGY};
static const struct method method_plain = {.level = 1, .strategy = Z_DEFAULT_STRATEGY};

struct gzip_block_encoder {
    bool plain;
    struct table_deflate *table;
    z_stream stream;
};

int gzip_block_encoder_new(struct gzip_block_encoder **encoder, bool plain, struct failure *why)
{
    struct gzip_block_encoder *made = calloc(1, sizeof(*made));

    if (!made)
        return failure_set_errno(why, ENOMEM, "cannot compress");
    made->plain = plain;
    made->table = table_deflate_new();
    if (!made->table || deflateInit2(&made->stream, 1, Z_DEFLATED, WINDOW_BITS, MEM_LEVEL,
                                     Z_DEFAULT_STRATEGY) != Z_OK) {
        gzip_block_encoder_free(made);
        return failure_set_errno(why, ENOMEM, "cannot compress");
    }
    *encoder = made;
    return 0;
}

void gzip_block_encoder_free(struct gzip_block_encoder *encoder)
{
    if (!encoder)
        return;
    deflateEnd(&encoder->stream);
    table_deflate_free(encoder->table);
    free(encoder);
}

/* An offset of a cluster, which is a multiple of 4096 and far below 2^56, or 0 or 1. */
static bool is_of_a_table(uint64_t word)
{
    return (word & UINT64_C(0xff000000000000fe)) == 0;
}

struct sample {
    size_t words, zeros, of_tables;
    size_t alone; /* other than 0, and none such right in front */
};

static struct sample take_sample(const unsigned char *bytes, size_t size)
{
    struct sample sample = {0};

    for (size_t line = 0; line + LINE <= size; line += LINE_STEP) {
        uint64_t last = 0;

        for (size_t i = 0; i < LINE; i += 8) {
            uint64_t word = bytes_load64(bytes + line + i);

            sample.words++;
            sample.zeros += word == 0;
            sample.of_tables += is_of_a_table(word);
            sample.alone += word != 0 && last == 0;
            last = word;
        }
    }
    return sample;
}

/* Words among zeros gain nothing from their predecessors unless they stand beside each other. */
static const struct method *choose(const unsigned char *bytes, size_t size)
{
    struct sample sample = take_sample(bytes, size);
    bool few = sample.zeros > sample.words - sample.words / 16;

    if (sample.of_tables <= sample.words - sample.words / 8)
        return &method_text;
    return few && 2 * sample.alone >= sample.words - sample.zeros ? &method_sparse : &method_table;
}

/* False where the room did not suffice. */
static bool deflate_by_zlib(z_stream *stream, const struct method *method,
                            const unsigned char *bytes, size_t size, unsigned char *to)
{
    deflateReset(stream);
    deflateParams(stream, method->level, method->strategy);
    stream->next_in = (unsigned char *)(uintptr_t)bytes;
    stream->avail_in = (uInt)size;
    stream->next_out = to;
    stream->avail_out = (uInt)GZIP_BLOCK_ROOM;
    return deflate(stream, Z_SYNC_FLUSH) == Z_OK && stream->avail_out > 0;
}

size_t gzip_block_deflate(struct gzip_block_encoder *encoder, const unsigned char *bytes,
                          size_t size, unsigned char *to)
{
    const struct method *method = encoder->plain ? &method_plain : choose(bytes, size);

    if (!method->table && deflate_by_zlib(&encoder->stream, method, bytes, size, to))
        return GZIP_BLOCK_ROOM - encoder->stream.avail_out;
    return table_deflate(encoder->table, bytes, size, to);
}
