/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/gunzip.h"

#include <errno.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/unpack/pieces.h"

#define WINDOW_SIZE  32768
#define HEADER_SIZE  10
#define TRAILER_SIZE 8
#define MOST_SMALL   16 /* pieces of an index that hold less than a block */

struct gunzip {
    struct pieces *pieces;
    z_stream serial;     /* for pieces that cannot be inflated for themselves */
    struct piece *under; /* the one it is at; NULL: none */
    bool between;        /* nothing is under way: a block would begin with the next piece */
    unsigned char window[WINDOW_SIZE], plain[GZIP_BLOCK_SIZE];
    size_t window_size;

    struct gunzip_index index;
    bool irregular; /* there is no index */

    bool ended; /* the deflated data; the trailer follows */
    unsigned char trailer[TRAILER_SIZE];
    size_t trailer_size;
    uint32_t crc;
    uint64_t size;
};

/* Keeps the end of what came out: a block may refer to it. */
static void remember(struct gunzip *gunzip, const unsigned char *bytes, size_t size)
{
    size_t part = size < WINDOW_SIZE ? size : WINDOW_SIZE;
    size_t most = WINDOW_SIZE - part;
    size_t kept = gunzip->window_size < most ? gunzip->window_size : most;

    memmove(gunzip->window, gunzip->window + gunzip->window_size - kept, kept);
    memcpy(gunzip->window + kept, bytes + size - part, part);
    gunzip->window_size = kept + part;
}

/* Small pieces would let a small file have a large index. */
static bool has_too_many_pieces(const struct gunzip_index *index)
{
    return index->count > MOST_SMALL + index->plain_size / GZIP_BLOCK_SIZE;
}

/* Enters a piece that came out complete, if that leaves the index one. */
static void enter_piece(struct gunzip *gunzip, const struct piece *piece)
{
    struct gunzip_index *index = &gunzip->index;

    gunzip->irregular = gunzip->irregular || has_too_many_pieces(index);
    if (gunzip->irregular || piece->plain_size == 0)
        return;
    if (index->count == index->capacity) {
        size_t capacity = 2 * index->capacity + 64;
        void *more = realloc(index->places, capacity * sizeof(*index->places));

        gunzip->irregular = !more;
        if (!more)
            return;
        index->places = more;
        index->capacity = capacity;
    }
    index->places[index->count++] = (struct gunzip_place){piece->position, index->plain_size,
                                                          (uint32_t)piece->size, piece->crc};
    index->plain_size += piece->plain_size;
}

bool gunzip_take_index(struct gunzip *gunzip, struct gunzip_index *index)
{
    if (gunzip->irregular || !gunzip->ended)
        return false;
    *index = gunzip->index;
    gunzip->index = (struct gunzip_index){0};
    return true;
}

static void hand_out_piece(struct gunzip *gunzip, const struct piece *piece,
                           const unsigned char **bytes, size_t *size)
{
    gunzip->crc = (uint32_t)crc32_combine(gunzip->crc, piece->crc, (z_off_t)piece->plain_size);
    remember(gunzip, piece->plain, piece->plain_size);
    enter_piece(gunzip, piece);
    *bytes = piece->plain;
    *size = piece->plain_size;
}

/* Begins to inflate a piece after the one before. */
static void begin_serial(struct gunzip *gunzip, struct piece *piece)
{
    if (gunzip->between) {
        inflateReset(&gunzip->serial);
        inflateSetDictionary(&gunzip->serial, gunzip->window, (uInt)gunzip->window_size);
    }
    gunzip->between = false;
    gunzip->under = piece;
    gunzip->serial.next_in = piece->bytes;
    gunzip->serial.avail_in = (uInt)piece->size;
}

/* What follows the deflated data. */
static int add_trailer(struct gunzip *gunzip, const struct piece *piece, size_t size,
                       struct failure *why)
{
    const unsigned char *bytes = piece->bytes + piece->size - size;
    size_t room = TRAILER_SIZE - gunzip->trailer_size;
    size_t part = size < room ? size : room;

    memcpy(gunzip->trailer + gunzip->trailer_size, bytes, part);
    gunzip->trailer_size += part;
    if (part == size)
        return 0;
    return failure_set(why, "something stands behind the end of the gzip data, at 0x%" PRIx64,
                       piece->position + piece->size - (size - part));
}

/* Inflates on in the piece under way, and leaves it when it is used up. */
static int continue_serial(struct gunzip *gunzip, const unsigned char **bytes, size_t *size,
                           struct failure *why)
{
    z_stream *stream = &gunzip->serial;
    struct piece *piece = gunzip->under;
    int result = Z_OK;

    stream->next_out = gunzip->plain;
    stream->avail_out = GZIP_BLOCK_SIZE;
    while (result == Z_OK && stream->avail_out > 0 &&
           !(stream->avail_in == 0 && pieces_between_blocks(stream)))
        result = inflate(stream, Z_BLOCK);
    *bytes = gunzip->plain;
    *size = GZIP_BLOCK_SIZE - stream->avail_out;
    gunzip->crc = libdeflate_crc32(gunzip->crc, gunzip->plain, *size);
    remember(gunzip, gunzip->plain, *size);
    gunzip->irregular = gunzip->irregular || *size > 0;
    if (stream->avail_out == 0)
        return 0;
    gunzip->under = NULL;
    if (result == Z_STREAM_END) {
        gunzip->ended = true;
        return add_trailer(gunzip, piece, stream->avail_in, why);
    }
    gunzip->between = result == Z_OK;
    if (result == Z_OK || (result == Z_BUF_ERROR && stream->avail_in == 0))
        return 0;
    if (result == Z_MEM_ERROR)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    return failure_set(why, "the gzip data are damaged, between 0x%" PRIx64 " and 0x%" PRIx64,
                       piece->position, piece->position + piece->size - stream->avail_in);
}

/* 0 where all is well at the end of the file. */
static int check_end(struct gunzip *gunzip, struct failure *why)
{
    if (gunzip->trailer_size < TRAILER_SIZE)
        return failure_set(why, "the gzip data end too early, at 0x%" PRIx64,
                           pieces_position(gunzip->pieces));
    if (bytes_load32(gunzip->trailer) != gunzip->crc)
        return failure_set(why, "the gzip data are damaged: they do not have their checksum");
    if (bytes_load32(gunzip->trailer + 4) != (uint32_t)gunzip->size)
        return failure_set(why, "the gzip data are damaged: they do not have their length");
    return 0;
}

/* Puts the next piece to use; *size may stay 0. Returns 1, or 0 at the end of the file. */
static int use_next_piece(struct gunzip *gunzip, const unsigned char **bytes, size_t *size,
                          struct failure *why)
{
    struct piece *piece;

    if (pieces_next(gunzip->pieces, &piece, why))
        return -1;
    if (!piece)
        return check_end(gunzip, why);
    if (gunzip->ended)
        return add_trailer(gunzip, piece, piece->size, why) ? -1 : 1;
    if (gunzip->between && piece->complete)
        hand_out_piece(gunzip, piece, bytes, size);
    else
        begin_serial(gunzip, piece);
    return 1;
}

int gunzip_next(struct gunzip *gunzip, const unsigned char **bytes, size_t *size,
                struct failure *why)
{
    *size = 0;
    while (*size == 0) {
        int more = gunzip->under ? continue_serial(gunzip, bytes, size, why) ? -1 : 1
                                 : use_next_piece(gunzip, bytes, size, why);

        if (more <= 0)
            return more;
    }
    gunzip->size += *size;
    return 1;
}

/* RFC 1952: deflate, and no flags, so neither name nor comment nor anything else. */
static int read_header(struct gunzip *gunzip, struct failure *why)
{
    static const unsigned char begin[] = {0x1f, 0x8b, 8, 0};
    unsigned char header[HEADER_SIZE];
    int more = pieces_raw(gunzip->pieces, header, sizeof(header), why);

    if (more < 0)
        return -1;
    if (more == 0)
        return failure_set(why, "the gzip data end too early, in their header");
    if (memcmp(header, begin, sizeof(begin)) != 0)
        return failure_set(why, "the gzip header is damaged, or holds a name or a comment");
    return 0;
}

static int set_up(struct gunzip *gunzip, gunzip_input *input, void *context, unsigned jobs,
                  struct failure *why)
{
    if (inflateInit2(&gunzip->serial, PIECES_WINDOW_BITS) != Z_OK)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    if (pieces_open(&gunzip->pieces, input, context, jobs, why))
        return -1;
    return read_header(gunzip, why);
}

int gunzip_open(struct gunzip **gunzip, gunzip_input *input, void *context, unsigned jobs,
                struct failure *why)
{
    struct gunzip *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    opened->between = true;
    if (set_up(opened, input, context, jobs, why)) {
        gunzip_close(opened);
        return -1;
    }
    *gunzip = opened;
    return 0;
}

void gunzip_close(struct gunzip *gunzip)
{
    if (!gunzip)
        return;
    pieces_close(gunzip->pieces);
    inflateEnd(&gunzip->serial);
    free(gunzip->index.places);
    free(gunzip);
}
