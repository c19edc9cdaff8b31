/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/survey_read.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/crew.h"

/* What is handed to a thread at a time, and how far the disk is ahead of them, in tables. */
#define BATCH ((size_t)8)
#define AHEAD (4 * BATCH)

/* What is read at a time, in bytes: enough for a call, and it stays in a core's own cache. */
#define READ_SIZE ((size_t)64 * 1024)

/* Below this many bytes of tables another thread costs more than it saves. */
#define WORTH_A_THREAD (UINT64_C(4) << 20)

/* A table can be 1 GiB long and hardly written to; more of it is read when its turn comes. */
#define MOST_ADVISED (UINT64_C(1) << 20)

/* Reads elements one range of data after the other. */
struct reader {
    struct source *source;
    uint64_t asked; /* from here to the data that were found last all is hole */
    struct extent data;
    unsigned char *buffer; /* READ_SIZE bytes */
    struct surveyor surveyor;
    struct failure why;
};

struct batch {
    struct readers *readers;
    size_t first, count; /* of the survey's tables */
};

struct readers {
    struct survey *survey;
    struct source *source;
    struct reader *list; /* one for each thread */
    unsigned count;
    struct batch batches[2 * BATCH];
    atomic_bool hopeless; /* a walk is due anyway */
};

/* Elements of a table that are in hand, or a hole if bytes is NULL. */
struct piece {
    const unsigned char *bytes;
    uint64_t count;
};

/*
 * Finds out where the next data are. The question is asked for all of the file, since the answer
 * often covers many tables: file systems go from extent to extent to find it.
 */
static int find_data(struct reader *reader, uint64_t at)
{
    int found;

    if (at >= reader->asked && at < reader->data.offset + reader->data.size)
        return 0;
    reader->asked = at;
    found = source_data(reader->source, at, reader->source->size, &reader->data, &reader->why);
    if (found == 0)
        reader->data = (struct extent){UINT64_MAX, 0};
    return found < 0 ? -1 : 0;
}

/* The bytes of a range; NULL if they cannot be had, all of them. */
static const unsigned char *get_bytes(struct reader *reader, uint64_t offset, size_t size)
{
    const unsigned char *bytes;
    struct extent unreadable;

    if (source_can_fetch(reader->source))
        return source_fetch(reader->source, offset, reader->buffer, size, &reader->why)
                   ? NULL
                   : reader->buffer;
    bytes = source_range(reader->source, offset, size, &reader->why);
    return source_unreadable(reader->source, offset, offset + size, &unreadable) ? NULL : bytes;
}

/* The same as whole elements: the end of the file may cut the last one. */
static const unsigned char *get_elements(struct reader *reader, uint64_t offset, size_t size)
{
    const unsigned char *bytes = get_bytes(reader, offset, size);
    size_t odd = size % QED_ELEMENT_SIZE;

    if (!bytes || !odd)
        return bytes;
    memmove(reader->buffer, bytes, size);
    memset(reader->buffer + size, 0, QED_ELEMENT_SIZE - odd);
    return reader->buffer;
}

/* Takes the elements from at on, below end: as many as are in one piece. */
static int next_piece(struct reader *reader, uint64_t at, uint64_t end, struct piece *piece)
{
    uint64_t stop = end;

    if (find_data(reader, at))
        return -1;
    if (at < reader->data.offset) {
        if (stop > reader->data.offset)
            stop = reader->data.offset;
        *piece = (struct piece){NULL, (stop - at) / QED_ELEMENT_SIZE};
        return 0;
    }
    if (stop > reader->data.offset + reader->data.size)
        stop = reader->data.offset + reader->data.size;
    if (stop - at > READ_SIZE)
        stop = at + READ_SIZE;
    piece->bytes = get_elements(reader, at, (size_t)(stop - at));
    piece->count = (stop - at + QED_ELEMENT_SIZE - 1) / QED_ELEMENT_SIZE;
    return piece->bytes ? 0 : -1;
}

static int read_table(struct reader *reader, struct survey_table *table)
{
    const struct geometry *geometry = reader->surveyor.survey->geometry;
    uint64_t at = table->offset, end = at + geometry->table_size;

    surveyor_begin(&reader->surveyor, table);
    while (at < end) {
        struct piece piece;

        if (next_piece(reader, at, end, &piece))
            return -1;
        at += piece.count * QED_ELEMENT_SIZE;
        if (!piece.bytes)
            surveyor_hole(&reader->surveyor, piece.count);
        else if (surveyor_words(&reader->surveyor, piece.bytes, (size_t)piece.count, &reader->why))
            return -1;
    }
    surveyor_end(&reader->surveyor);
    meter_add(reader->surveyor.survey->meter, geometry->table_size);
    return 0;
}

static int read_pointers(struct reader *reader, struct survey *survey)
{
    uint64_t at = survey->l1_offset, end = at + survey->geometry->table_size;

    while (at < end) {
        struct piece piece;

        if (next_piece(reader, at, end, &piece))
            return -1;
        if (piece.bytes && survey_pointers(survey, (at - survey->l1_offset) / QED_ELEMENT_SIZE,
                                           piece.bytes, (size_t)piece.count, &reader->why))
            return -1;
        at += piece.count * QED_ELEMENT_SIZE;
    }
    return 0;
}

static void read_batch(void *job, unsigned worker)
{
    const struct batch *batch = job;
    struct readers *readers = batch->readers;
    struct reader *reader = &readers->list[worker];

    for (size_t i = batch->first; i < batch->first + batch->count; i++) {
        if (atomic_load_explicit(&readers->hopeless, memory_order_relaxed))
            return;
        if (read_table(reader, &readers->survey->tables[i]) ||
            reader->surveyor.kernel.usage.invalid_elements)
            atomic_store_explicit(&readers->hopeless, true, memory_order_relaxed);
    }
}

static void advise(struct readers *readers, size_t from, size_t count)
{
    const struct survey *survey = readers->survey;
    uint64_t size = survey->geometry->table_size;

    if (size > MOST_ADVISED)
        size = MOST_ADVISED;
    for (size_t i = from; i < from + count && i < survey->count; i++)
        source_advise(readers->source, survey->tables[i].offset, size);
}

static int read_tables(struct readers *readers)
{
    size_t batches = sizeof(readers->batches) / sizeof(readers->batches[0]);
    struct crew *crew = NULL;

    if (crew_start(&crew, readers->count, read_batch, readers->batches, sizeof(struct batch),
                   batches, &readers->list[0].why))
        return -1;
    advise(readers, 0, AHEAD);
    for (size_t first = 0; first < readers->survey->count; first += BATCH) {
        size_t left = readers->survey->count - first;
        struct batch *batch = crew_vacant(crew);

        if (!batch) {
            crew_take(crew);
            batch = crew_vacant(crew);
        }
        advise(readers, first + AHEAD, BATCH);
        *batch = (struct batch){readers, first, left < BATCH ? left : BATCH};
        crew_give(crew);
    }
    while (crew_take(crew))
        continue;
    crew_end(crew);
    return atomic_load(&readers->hopeless) ? -1 : 0;
}

static int begin_reader(struct reader *reader, struct source *source)
{
    reader->source = source;
    reader->buffer = malloc(READ_SIZE);
    return reader->buffer ? 0 : -1;
}

/* A surveyor that was never begun is all zeros, and can be freed too. */
static void end_reader(struct reader *reader)
{
    free(reader->buffer);
    surveyor_free(&reader->surveyor);
}

static unsigned count_threads(const struct survey *survey, struct source *source, unsigned jobs)
{
    uint64_t bytes = survey->count * survey->geometry->table_size;
    uint64_t worth = 1 + bytes / WORTH_A_THREAD;

    if (!source_can_fetch(source) || jobs < 1)
        return 1;
    return worth < jobs ? (unsigned)worth : jobs;
}

/* The first reader reads the L1 table by itself. */
static int survey_all(struct readers *readers, unsigned jobs)
{
    struct survey *survey = readers->survey;

    if (begin_reader(&readers->list[0], readers->source) ||
        read_pointers(&readers->list[0], survey) || survey->bad_pointers ||
        survey_conflicts(survey))
        return -1;
    survey_list(survey);
    meter_begin(survey->meter, "reading tables", survey->count * survey->geometry->table_size,
                true);
    readers->count = count_threads(survey, readers->source, jobs);
    for (unsigned i = 0; i < readers->count; i++) {
        struct reader *reader = &readers->list[i];

        if ((i > 0 && begin_reader(reader, readers->source)) ||
            surveyor_init(&reader->surveyor, survey, &reader->why))
            return -1;
    }
    if (read_tables(readers))
        return -1;
    for (unsigned i = 0; i < readers->count; i++) {
        if (survey_join(survey, &readers->list[i].surveyor, &readers->list[i].why))
            return -1;
    }
    survey_finish(survey);
    return survey_conflicts(survey) ? -1 : 0;
}

bool survey_read(struct survey *survey, struct source *source, unsigned jobs)
{
    struct readers readers = {.survey = survey, .source = source};
    unsigned most = jobs ? jobs : 1;
    int result;

    readers.list = calloc(most, sizeof(*readers.list));
    if (!readers.list)
        return false;
    result = survey_all(&readers, most);
    for (unsigned i = 0; i < most; i++)
        end_reader(&readers.list[i]);
    free(readers.list);
    return result == 0;
}
