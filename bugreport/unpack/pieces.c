/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/pieces.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/crew.h"

#define READ_STEP ((size_t)16 * 1024) /* at most this much is read to no end behind a joint */

struct pieces {
    gunzip_input *input;
    void *context;
    const unsigned char *raw; /* what the input handed out and nobody took yet */
    size_t raw_size;
    bool raw_ended;
    uint64_t position; /* of it */

    struct crew *crew;
    struct piece *list;
    z_stream *inflaters; /* one for each worker */
    unsigned inflater_count;
};

static void inflate_piece(void *argument, unsigned worker)
{
    struct piece *piece = argument;
    z_stream *stream = &piece->pieces->inflaters[worker];
    int result;

    piece->complete = false;
    if (!piece->ends_in_joint)
        return;
    inflateReset(stream);
    stream->next_in = piece->bytes;
    stream->avail_in = (uInt)piece->size;
    stream->next_out = piece->plain;
    stream->avail_out = GZIP_BLOCK_SIZE;
    do
        result = inflate(stream, Z_BLOCK);
    while (result == Z_OK && stream->avail_in > 0);
    piece->complete = result == Z_OK && pieces_between_blocks(stream);
    piece->plain_size = stream->total_out;
    piece->crc = libdeflate_crc32(0, piece->plain, piece->plain_size);
}

/* Gets raw bytes if there are none: 1, or 0 at the end, -1 failed. */
static int fill_raw(struct pieces *pieces, struct failure *why)
{
    int more = 1;

    if (pieces->raw_size == 0 && !pieces->raw_ended)
        more = pieces->input(pieces->context, &pieces->raw, &pieces->raw_size, why);
    pieces->raw_ended = more == 0;
    return pieces->raw_ended ? 0 : more;
}

static void take_raw(struct pieces *pieces, size_t size)
{
    pieces->raw += size;
    pieces->raw_size -= size;
    pieces->position += size;
}

int pieces_raw(struct pieces *pieces, unsigned char *bytes, size_t size, struct failure *why)
{
    for (size_t i = 0; i < size; i++) {
        int more = fill_raw(pieces, why);

        if (more <= 0)
            return more;
        bytes[i] = *pieces->raw;
        take_raw(pieces, 1);
    }
    return 1;
}

uint64_t pieces_position(const struct pieces *pieces)
{
    return pieces->position;
}

/*
 * Where the first joint ends of which no more than three bytes are before from; 0 if there is none.
 * Its third byte is looked for, which memchr() does several times as fast as memmem() all four.
 */
static size_t find_joint(const unsigned char *bytes, size_t from, size_t size)
{
    static const unsigned char joint[] = {0, 0, 0xff, 0xff};
    size_t at = from < 3 ? 2 : from - 1;

    for (; at + 1 < size; at++) {
        const unsigned char *third = memchr(bytes + at, joint[2], size - 1 - at);

        if (!third)
            break;
        if (!memcmp(third - 2, joint, sizeof(joint)))
            return (size_t)(third - bytes) + 2;
        at = (size_t)(third - bytes);
    }
    return 0;
}

/* Moves raw bytes to the end of a piece, up to a joint if there is one. */
static void extend_piece(struct pieces *pieces, struct piece *piece)
{
    size_t room = GZIP_BLOCK_ROOM - piece->size, end;
    size_t part = pieces->raw_size < READ_STEP ? pieces->raw_size : READ_STEP;

    part = part < room ? part : room;
    memcpy(piece->bytes + piece->size, pieces->raw, part);
    end = find_joint(piece->bytes, piece->size, piece->size + part);
    piece->ends_in_joint = end;
    if (end)
        part = end - piece->size;
    piece->size += part;
    take_raw(pieces, part);
}

/* Its size is 0 at the end of the file only. */
static int read_piece(struct pieces *pieces, struct piece *piece, struct failure *why)
{
    piece->position = pieces->position;
    piece->size = 0;
    piece->ends_in_joint = false;
    while (!piece->ends_in_joint && piece->size < GZIP_BLOCK_ROOM) {
        int more = fill_raw(pieces, why);

        if (more <= 0)
            return more;
        extend_piece(pieces, piece);
    }
    return 0;
}

int pieces_next(struct pieces *pieces, struct piece **piece, struct failure *why)
{
    while ((*piece = crew_vacant(pieces->crew))) {
        if (read_piece(pieces, *piece, why))
            return -1;
        if ((*piece)->size == 0)
            break;
        crew_give(pieces->crew);
    }
    *piece = crew_take(pieces->crew);
    return 0;
}

static int init_inflaters(struct pieces *pieces, unsigned workers, struct failure *why)
{
    pieces->inflaters = calloc(workers ? workers : 1, sizeof(z_stream));
    if (!pieces->inflaters)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    while (pieces->inflater_count < workers) {
        if (inflateInit2(&pieces->inflaters[pieces->inflater_count], PIECES_WINDOW_BITS) != Z_OK)
            return failure_set_errno(why, ENOMEM, "cannot inflate");
        pieces->inflater_count++;
    }
    return 0;
}

static int set_up(struct pieces *pieces, unsigned jobs, struct failure *why)
{
    unsigned workers = crew_size(jobs);
    size_t count = 2 * (size_t)workers + 2;

    pieces->list = calloc(count, sizeof(struct piece));
    if (!pieces->list)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    for (size_t i = 0; i < count; i++)
        pieces->list[i].pieces = pieces;
    if (init_inflaters(pieces, workers, why))
        return -1;
    return crew_start(&pieces->crew, workers, inflate_piece, pieces->list, sizeof(struct piece),
                      count, why);
}

int pieces_open(struct pieces **pieces, gunzip_input *input, void *context, unsigned jobs,
                struct failure *why)
{
    struct pieces *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    opened->input = input;
    opened->context = context;
    if (set_up(opened, jobs, why)) {
        pieces_close(opened);
        return -1;
    }
    *pieces = opened;
    return 0;
}

void pieces_close(struct pieces *pieces)
{
    if (!pieces)
        return;
    crew_end(pieces->crew);
    for (unsigned i = 0; i < pieces->inflater_count; i++)
        inflateEnd(&pieces->inflaters[i]);
    free(pieces->inflaters);
    free(pieces->list);
    free(pieces);
}
