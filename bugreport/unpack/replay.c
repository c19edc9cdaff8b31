/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/replay.h"

#include <errno.h>
#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/checked.h"
#include "bugreport/pack/gzip_block.h"

#define NONE SIZE_MAX

/* What a thread inflates with; afterwards the piece stays in it for whoever wants more of it. */
struct hand {
    bool busy;
    size_t piece;   /* NONE: nothing */
    uint64_t since; /* when it was last used, in calls */
    z_stream stream;
    unsigned char deflated[GZIP_BLOCK_ROOM], plain[GZIP_BLOCK_SIZE];
};

struct replay {
    int fd;
    uint64_t begin;
    struct gunzip_index index;
    pthread_mutex_t lock;
    pthread_cond_t hand_free;
    uint64_t calls;
    unsigned hand_count;
    struct hand *hands;
};

int replay_open(struct replay **replay, int fd, uint64_t begin, struct gunzip_index *index,
                unsigned hands, struct failure *why)
{
    struct replay *opened = calloc(1, sizeof(*opened));

    if (!opened) {
        free(index->places);
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    }
    opened->fd = fd;
    opened->begin = begin;
    opened->index = *index;
    pthread_mutex_init(&opened->lock, NULL);
    pthread_cond_init(&opened->hand_free, NULL);
    opened->hands = calloc(hands, sizeof(struct hand));
    for (; opened->hands && opened->hand_count < hands; opened->hand_count++) {
        struct hand *hand = &opened->hands[opened->hand_count];

        hand->piece = NONE;
        if (inflateInit2(&hand->stream, -15) != Z_OK)
            break;
    }
    if (opened->hand_count < hands) {
        replay_close(opened);
        return failure_set_errno(why, ENOMEM, "cannot inflate");
    }
    *replay = opened;
    return 0;
}

void replay_close(struct replay *replay)
{
    if (!replay)
        return;
    for (unsigned i = 0; i < replay->hand_count; i++)
        inflateEnd(&replay->hands[i].stream);
    pthread_mutex_destroy(&replay->lock);
    pthread_cond_destroy(&replay->hand_free);
    free(replay->index.places);
    free(replay->hands);
    free(replay);
}

/* A free hand that has the piece, or else the one that was not used for longest; NULL: none free.
 */
static struct hand *find_hand(struct replay *replay, size_t piece)
{
    struct hand *found = NULL;

    for (unsigned i = 0; i < replay->hand_count; i++) {
        struct hand *hand = &replay->hands[i];

        if (hand->busy)
            continue;
        if (hand->piece == piece)
            return hand;
        if (!found || hand->since < found->since)
            found = hand;
    }
    return found;
}

static struct hand *take_hand(struct replay *replay, size_t piece)
{
    struct hand *hand;

    pthread_mutex_lock(&replay->lock);
    while (!(hand = find_hand(replay, piece)))
        pthread_cond_wait(&replay->hand_free, &replay->lock);
    hand->busy = true;
    hand->since = ++replay->calls;
    pthread_mutex_unlock(&replay->lock);
    return hand;
}

static void give_hand_back(struct replay *replay, struct hand *hand)
{
    pthread_mutex_lock(&replay->lock);
    hand->busy = false;
    pthread_cond_signal(&replay->hand_free);
    pthread_mutex_unlock(&replay->lock);
}

static int read_deflated(const struct replay *replay, struct hand *hand,
                         const struct gunzip_place *place, struct failure *why)
{
    size_t done = 0;

    while (done < place->size) {
        off_t at = (off_t)(replay->begin + place->position + done);
        ssize_t got = pread(replay->fd, hand->deflated + done, place->size - done, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failure_set_errno(why, errno, "cannot read the archive again");
        if (got == 0)
            return failure_set(why, "the archive became shorter while it was read");
        done += (size_t)got;
    }
    return 0;
}

/* Where the plain bytes of a piece end. */
static uint64_t plain_end_of(const struct replay *replay, size_t piece)
{
    const struct gunzip_index *index = &replay->index;

    return piece + 1 < index->count ? index->places[piece + 1].plain : index->plain_size;
}

/* The piece that holds a plain byte: the last one that begins at or before it. */
static size_t piece_of(const struct replay *replay, uint64_t offset)
{
    size_t low = 0, high = replay->index.count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (replay->index.places[middle].plain <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int inflate_again(const struct replay *replay, struct hand *hand, size_t piece,
                         struct failure *why)
{
    const struct gunzip_place *place = &replay->index.places[piece];
    size_t size = (size_t)(plain_end_of(replay, piece) - place->plain);

    hand->piece = NONE;
    if (read_deflated(replay, hand, place, why))
        return -1;
    inflateReset(&hand->stream);
    hand->stream.next_in = hand->deflated;
    hand->stream.avail_in = place->size;
    hand->stream.next_out = hand->plain;
    hand->stream.avail_out = (uInt)size;
    inflate(&hand->stream, Z_SYNC_FLUSH);
    if (hand->stream.avail_out > 0 || libdeflate_crc32(0, hand->plain, size) != place->crc)
        return failure_set(why, "the archive changed while it was read");
    hand->piece = piece;
    return 0;
}

static int copy_part(struct replay *replay, size_t piece, size_t skip, void *bytes, size_t size,
                     struct failure *why)
{
    struct hand *hand = take_hand(replay, piece);
    int result = hand->piece == piece ? 0 : inflate_again(replay, hand, piece, why);

    if (result == 0)
        memcpy(bytes, hand->plain + skip, size);
    give_hand_back(replay, hand);
    return result;
}

int replay_read(struct replay *replay, uint64_t offset, void *bytes, size_t size,
                struct failure *why)
{
    unsigned char *to = bytes;

    if (!range_inside(offset, size, replay->index.plain_size))
        return failure_set(why, "the archive holds less than it did");
    while (size > 0) {
        size_t piece = piece_of(replay, offset);
        size_t left = (size_t)(plain_end_of(replay, piece) - offset);
        size_t skip = (size_t)(offset - replay->index.places[piece].plain);
        size_t part = left < size ? left : size;

        if (copy_part(replay, piece, skip, to, part, why))
            return -1;
        offset += part;
        to += part;
        size -= part;
    }
    return 0;
}
