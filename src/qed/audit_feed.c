/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit_feed.h"

#include <stdlib.h>
#include <string.h>

#include "qed/audit_parts.h"

struct piece {
    uint64_t offset;
    const unsigned char *bytes;
    size_t size;
};

static void drop(struct piece *piece, size_t size)
{
    piece->offset += size;
    piece->bytes += size;
    piece->size -= size;
}

/* Cuts off the part from `from` on and below end; what is before is dropped, the rest remains. */
static struct piece cut(struct piece *piece, uint64_t from, uint64_t end)
{
    struct piece part;

    if (piece->offset < from)
        drop(piece, from - piece->offset < piece->size ? from - piece->offset : piece->size);
    part = *piece;
    if (part.offset >= end)
        part.size = 0;
    else if (part.size > end - part.offset)
        part.size = (size_t)(end - part.offset);
    drop(piece, part.size);
    return part;
}

static uint64_t l1_end(const struct audit_feed *feed)
{
    return feed->audit.header.l1_table_offset + feed->audit.geometry.table_size;
}

/* Begins the survey, with a piece that has to hold all fields of the header. */
static bool take_header(struct audit_feed *feed, const struct piece *piece)
{
    struct audit *audit = &feed->audit;

    if (piece->offset > 0 || piece->size < QED_HEADER_SIZE)
        return false;
    header_decode(piece->bytes, &audit->header);
    feed->stage = AUDIT_FEED_POINTERS;
    return header_geometry(&audit->header, audit->file_size, &audit->geometry) &&
           audit_can_survey(audit) &&
           !audit_begin_survey(audit, &feed->survey, true, &(struct failure){0});
}

static bool take_pointers(struct audit_feed *feed, struct piece *piece)
{
    uint64_t start = feed->audit.header.l1_table_offset;
    struct piece part = cut(piece, start, l1_end(feed));

    return part.size % QED_ELEMENT_SIZE == 0 &&
           !survey_pointers(&feed->survey, (part.offset - start) / QED_ELEMENT_SIZE, part.bytes,
                            part.size / QED_ELEMENT_SIZE, &(struct failure){0});
}

static void begin_table(struct audit_feed *feed)
{
    if (feed->table < feed->survey.count)
        surveyor_begin(&feed->surveyor, &feed->survey.tables[feed->table]);
}

/* The L1 table is complete. Tables before it are gone. */
static bool begin_tables(struct audit_feed *feed)
{
    struct survey *survey = &feed->survey;

    if (survey->bad_pointers || survey_conflicts(survey))
        return false;
    survey_list(survey);
    if ((survey->count > 0 && survey->tables[0].offset < l1_end(feed)) ||
        surveyor_init(&feed->surveyor, survey, &(struct failure){0}))
        return false;
    feed->stage = AUDIT_FEED_TABLES;
    begin_table(feed);
    return true;
}

/* Takes as holes what tables have below offset and did not come. */
static void pass_holes(struct audit_feed *feed, uint64_t offset)
{
    const struct geometry *geometry = &feed->audit.geometry;
    struct surveyor *surveyor = &feed->surveyor;

    while (feed->table < feed->survey.count && offset > surveyor->table->offset) {
        uint64_t reached = (offset - surveyor->table->offset) / QED_ELEMENT_SIZE;

        if (reached < geometry->nelems) {
            surveyor_hole(surveyor, reached - surveyor->index);
            return;
        }
        surveyor_hole(surveyor, geometry->nelems - surveyor->index);
        surveyor_end(surveyor);
        feed->table++;
        begin_table(feed);
    }
}

/* Whole elements, and the last one that the end of the file cuts. */
static bool take_elements(struct audit_feed *feed, const struct piece *part)
{
    size_t count = part->size / QED_ELEMENT_SIZE, odd = part->size % QED_ELEMENT_SIZE;
    unsigned char last[QED_ELEMENT_SIZE] = {0};
    struct failure ignored = {0};

    if (surveyor_words(&feed->surveyor, part->bytes, count, &ignored))
        return false;
    memcpy(last, part->bytes + part->size - odd, odd);
    if (odd > 0 && surveyor_words(&feed->surveyor, last, 1, &ignored))
        return false;
    return feed->surveyor.kernel.usage.invalid_elements == 0;
}

static bool take_tables(struct audit_feed *feed, struct piece *piece)
{
    while (piece->size > 0) {
        const struct survey_table *table;
        struct piece part;

        pass_holes(feed, piece->offset);
        if (feed->table == feed->survey.count)
            return true;
        table = feed->surveyor.table;
        part = cut(piece, table->offset, table->offset + feed->audit.geometry.table_size);
        if (part.size > 0 && !take_elements(feed, &part))
            return false;
    }
    return true;
}

/* A piece that begins inside an element comes from an archive that we did not write. */
static bool take(struct audit_feed *feed, struct piece *piece)
{
    if (piece->offset % QED_ELEMENT_SIZE > 0)
        return false;
    if (feed->stage == AUDIT_FEED_HEADER && !take_header(feed, piece))
        return false;
    if (feed->stage == AUDIT_FEED_POINTERS) {
        if (!take_pointers(feed, piece))
            return false;
        if (piece->size > 0 && !begin_tables(feed))
            return false;
    }
    return take_tables(feed, piece);
}

static bool finish(struct audit_feed *feed)
{
    if (feed->stage == AUDIT_FEED_HEADER ||
        (feed->stage == AUDIT_FEED_POINTERS && !begin_tables(feed)))
        return false;
    pass_holes(feed, UINT64_MAX);
    if (survey_join(&feed->survey, &feed->surveyor, &(struct failure){0}))
        return false;
    survey_finish(&feed->survey);
    feed->stage = AUDIT_FEED_DONE;
    return !survey_conflicts(&feed->survey);
}

void audit_feed_begin(struct audit_feed *feed, uint64_t size)
{
    audit_feed_free(feed);
    feed->audit.file_size = size;
    feed->stage = AUDIT_FEED_HEADER;
}

void audit_feed_take(struct audit_feed *feed, uint64_t offset, const unsigned char *bytes,
                     size_t size)
{
    struct piece piece = {offset, bytes, size};

    if (feed->stage != AUDIT_FEED_NONE && !take(feed, &piece))
        audit_feed_free(feed);
}

void audit_feed_end(struct audit_feed *feed)
{
    if (feed->stage != AUDIT_FEED_NONE && !finish(feed))
        audit_feed_free(feed);
}

bool audit_take_feed(struct audit *audit, struct audit_feed *feed)
{
    if (feed->stage != AUDIT_FEED_DONE)
        return false;
    audit->inventory = feed->audit.inventory;
    audit->inventory.geometry = &audit->geometry;
    audit->atlas = feed->audit.atlas;
    feed->audit = (struct audit){0};
    return true;
}

void audit_feed_free(struct audit_feed *feed)
{
    surveyor_free(&feed->surveyor);
    survey_free(&feed->survey);
    audit_free(&feed->audit);
    *feed = (struct audit_feed){0};
}
