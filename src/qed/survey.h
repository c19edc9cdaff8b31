/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SURVEY_H
#define QED_SURVEY_H

#include "base/meter.h"
#include "qed/atlas.h"
#include "qed/inventory.h"
#include "qed/kernel.h"

/*
 * All tables of an image in any order, for the figures. The walk (walk.h) goes in guest order and
 * asks of each cluster who claimed it before, since findings depend on both. But where no cluster
 * is claimed twice neither matters, and a survey has the same figures as the walk, much earlier. It
 * sees that by itself: there are then as many claimed clusters as references.
 *
 *   survey_init            from a header
 *   survey_pointers        the elements of the L1 table
 *   survey_list            what tables there are; none if survey_conflicts() already
 *     surveyor_init        for each thread
 *       surveyor_begin     for each table, in any order
 *       surveyor_words, surveyor_hole    its elements
 *       surveyor_end
 *     survey_join          what each surveyor saw
 *   survey_finish          now the figures hold, unless survey_conflicts()
 *
 * Who has an image as a source calls survey_read() of survey_read.h, which does all this.
 */
struct survey_table {
    uint64_t offset, l1_index;
    struct kernel_ends ends;
};

struct survey {
    const struct geometry *geometry;
    struct inventory *inventory;
    struct claims claims;
    struct atlas *atlas; /* NULL, or to be filled in too */
    struct meter *meter; /* NULL, or to be told how far the reading is; set after survey_init() */
    struct survey_table *tables;
    size_t count, capacity;

    uint64_t bad_pointers; /* L1 elements that are neither 0 nor a valid table offset */
    uint64_t leaks;        /* clusters of the file that nothing refers to */
    struct usage usage;

    uint64_t l1_offset;
    bool tables_overlap;
    bool claims_lent; /* to the first surveyor */
};

/* What one thread works with. */
struct surveyor {
    struct survey *survey;
    struct claims claims; /* of all but the first, which uses the survey's */
    struct kernel kernel;
    struct atlas *atlas;
    struct extents words; /* grains that hold a word other than 0 */
    struct survey_table *table;
    uint64_t index;  /* of the next element */
    uint64_t inside; /* elements of the table below lie inside image_size */
};

/*
 * Begins a survey of an image whose L1 table is at l1_offset, a valid table offset, and whose
 * header_size is not 0. The inventory and the atlas (or NULL), which have the header and the L1
 * table already, are filled in. survey_free() is due even if this fails.
 */
int survey_init(struct survey *survey, const struct geometry *geometry, uint64_t l1_offset,
                struct inventory *inventory, struct atlas *atlas, struct failure *why);
void survey_free(struct survey *survey);

/* Takes count elements of the L1 table from index on. */
int survey_pointers(struct survey *survey, uint64_t index, const unsigned char *bytes, size_t count,
                    struct failure *why);

/* Sorts survey->tables by offset: the elements of each are due, in that order or another. */
void survey_list(struct survey *survey);

/* After survey_list(). surveyor_free() is due even if this fails. */
int surveyor_init(struct surveyor *surveyor, struct survey *survey, struct failure *why);
void surveyor_free(struct surveyor *surveyor);

/*
 * A table: its elements in order, as words or as holes, which are zeros, until all are through.
 * Different surveyors may be at work at the same time, on different tables.
 */
void surveyor_begin(struct surveyor *surveyor, struct survey_table *table);
int surveyor_words(struct surveyor *surveyor, const unsigned char *bytes, size_t count,
                   struct failure *why);
void surveyor_hole(struct surveyor *surveyor, uint64_t count);
void surveyor_end(struct surveyor *surveyor);

/* Takes over what a surveyor saw. */
int survey_join(struct survey *survey, struct surveyor *surveyor, struct failure *why);

/* Sums up when all tables are through. */
void survey_finish(struct survey *survey);

/*
 * Whether some cluster is claimed twice, so that the figures mean nothing; before survey_finish()
 * only tables are known.
 */
bool survey_conflicts(const struct survey *survey);

#endif
