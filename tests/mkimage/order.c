/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "order.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "number.h"

#define LOCAL_WINDOW 64
#define LONGEST_TURN 8
#define MOST_STREAMS 65536

bool layout_parse(const char *text, struct layout *layout)
{
    static const struct {
        const char *name;
        enum layout_kind kind;
        uint32_t limit; /* of the parameter; 0: takes none */
    } kinds[] = {
        {"seq", LAYOUT_SEQ, 0},       {"frag", LAYOUT_FRAG, 100},
        {"local", LAYOUT_LOCAL, 100}, {"streams", LAYOUT_STREAMS, MOST_STREAMS},
        {"random", LAYOUT_RANDOM, 0},
    };
    const char *colon = strchrnul(text, ':');
    size_t length = (size_t)(colon - text);
    uint64_t parameter = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strlen(kinds[i].name) != length || strncmp(kinds[i].name, text, length))
            continue;
        if (kinds[i].limit ? !*colon || !number_parse(colon + 1, 1, kinds[i].limit, &parameter)
                           : *colon != '\0')
            return false;
        *layout = (struct layout){kinds[i].kind, (uint32_t)parameter};
        return true;
    }
    return false;
}

void *order_room(uint64_t bytes)
{
    void *room = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (room == MAP_FAILED) {
        warn("%ju bytes of memory", (uintmax_t)bytes);
        return NULL;
    }
    /* Shuffling gigabytes is all page-table misses without this; it is only a wish. */
    (void)madvise(room, bytes, MADV_HUGEPAGE);
    return room;
}

void order_free(void *room, uint64_t bytes)
{
    if (room)
        munmap(room, bytes ? bytes : 1);
}

uint32_t *order_choose(uint64_t total, uint64_t percent, uint64_t clump, struct prng *prng,
                       uint64_t *count)
{
    uint64_t clumps = total / clump + (total % clump != 0);
    uint64_t wanted = (uint64_t)((unsigned __int128)clumps * percent / 100);
    uint32_t *clusters;

    *count = 0;
    if (total > UINT32_MAX) {
        warnx("%ju clusters are too many", (uintmax_t)total);
        return NULL;
    }
    clusters = order_room(total * sizeof(*clusters));
    for (uint64_t i = 0; clusters && i < clumps && wanted; i++) {
        /* Selection sampling: every set of that many clumps is equally likely. */
        if (wanted < clumps - i && prng_below(prng, clumps - i) >= wanted)
            continue;
        wanted--;
        for (uint64_t j = i * clump; j < (i + 1) * clump && j < total; j++)
            clusters[(*count)++] = (uint32_t)j;
    }
    return clusters;
}

static void swap(uint32_t *a, uint32_t *b)
{
    uint32_t kept = *a;

    *a = *b;
    *b = kept;
}

static void shuffle_all(uint32_t *clusters, uint64_t count, struct prng *prng)
{
    for (uint64_t i = count; i > 1; i--)
        swap(&clusters[i - 1], &clusters[prng_below(prng, i)]);
}

/* Lets percent of the clusters trade places among themselves, inside each window. */
static bool shuffle_some(uint32_t *clusters, uint64_t count, uint64_t percent, uint64_t window,
                         struct prng *prng)
{
    uint64_t room = (window < count ? window : count) * sizeof(uint32_t);
    uint32_t *places = order_room(room);

    if (!places)
        return false;
    for (uint64_t start = 0; start < count; start += window) {
        uint64_t size = count - start < window ? count - start : window;
        uint64_t chosen = 0;

        for (uint64_t i = 0; i < size; i++)
            if (prng_below(prng, 100) < percent)
                places[chosen++] = (uint32_t)i;
        for (uint64_t i = chosen; i > 1; i--)
            swap(&clusters[start + places[i - 1]], &clusters[start + places[prng_below(prng, i)]]);
    }
    order_free(places, room);
    return true;
}

struct stream {
    uint64_t next;
    uint64_t end;
};

static uint64_t start_streams(struct stream *streams, uint64_t wanted, uint64_t count)
{
    uint64_t active = 0;

    for (uint64_t i = 0; i < wanted; i++) {
        struct stream stream = {count * i / wanted, count * (i + 1) / wanted};

        if (stream.next < stream.end)
            streams[active++] = stream;
    }
    return active;
}

static bool interleave(uint32_t *clusters, uint64_t count, uint64_t wanted, struct prng *prng)
{
    uint32_t *from = order_room(count * sizeof(*from));
    struct stream *streams = calloc(wanted, sizeof(*streams));
    bool good = from && streams;
    uint64_t active, done = 0;

    if (!good)
        goto out;
    memcpy(from, clusters, count * sizeof(*from));
    active = start_streams(streams, wanted, count);
    while (active) {
        uint64_t chosen = prng_below(prng, active);
        struct stream *stream = &streams[chosen];
        uint64_t turn = 1 + prng_below(prng, LONGEST_TURN);

        while (turn-- && stream->next < stream->end)
            clusters[done++] = from[stream->next++];
        if (stream->next == stream->end)
            *stream = streams[--active];
    }
out:
    free(streams);
    order_free(from, count * sizeof(*from));
    return good;
}

bool order_shuffle(const struct layout *layout, uint32_t *clusters, uint64_t count,
                   struct prng *prng)
{
    switch (layout->kind) {
    case LAYOUT_SEQ:
        return true;
    case LAYOUT_FRAG:
        return shuffle_some(clusters, count, layout->parameter, count ? count : 1, prng);
    case LAYOUT_LOCAL:
        return shuffle_some(clusters, count, layout->parameter, LOCAL_WINDOW, prng);
    case LAYOUT_STREAMS:
        return interleave(clusters, count, layout->parameter, prng);
    case LAYOUT_RANDOM:
        shuffle_all(clusters, count, prng);
        return true;
    }
    return false;
}
