/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/survey.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bytes.h"

int survey_init(struct survey *survey, const struct geometry *geometry, uint64_t l1_offset,
                struct inventory *inventory, struct atlas *atlas, struct failure *why)
{
    uint64_t taken = 0;

    *survey = (struct survey){
        .geometry = geometry, .inventory = inventory, .atlas = atlas, .l1_offset = l1_offset};
    if (claims_init(&survey->claims, geometry->file_clusters, why))
        return -1;
    return claims_take_all(&survey->claims, l1_offset >> geometry->cluster_bits,
                           geometry->table_clusters, &taken, why);
}

void survey_free(struct survey *survey)
{
    claims_free(&survey->claims);
    free(survey->tables);
}

static int grow(struct survey *survey, struct failure *why)
{
    size_t capacity = survey->capacity ? survey->capacity * 2 : 64;
    struct survey_table *tables = reallocarray(survey->tables, capacity, sizeof(*tables));

    if (!tables)
        return failure_set_errno(why, ENOMEM, "cannot keep a list of %zu tables", capacity);
    survey->tables = tables;
    survey->capacity = capacity;
    return 0;
}

static int add_table(struct survey *survey, uint64_t index, uint64_t offset, struct failure *why)
{
    const struct geometry *geometry = survey->geometry;
    uint64_t taken = 0;

    if (claims_take_all(&survey->claims, offset >> geometry->cluster_bits, geometry->table_clusters,
                        &taken, why))
        return -1;
    survey->tables_overlap |= taken > 0;
    if (survey->count == survey->capacity && grow(survey, why))
        return -1;
    survey->tables[survey->count++] = (struct survey_table){.offset = offset, .l1_index = index};
    return inventory_add_table(survey->inventory, TABLE_L2, offset, index, why);
}

static int add_pointer(struct survey *survey, uint64_t index, uint64_t word, struct failure *why)
{
    if (inventory_add_words(survey->inventory, survey->l1_offset, index, 1, why))
        return -1;
    if (geometry_holds_table(survey->geometry, word))
        return add_table(survey, index, word, why);
    survey->bad_pointers++;
    return 0;
}

/* There is no way back from overlapping tables, of which a hostile L1 table can have millions. */
int survey_pointers(struct survey *survey, uint64_t index, const unsigned char *bytes, size_t count,
                    struct failure *why)
{
    for (size_t i = 0; i < count && !survey->tables_overlap; i++) {
        uint64_t word = bytes_load64(bytes + i * QED_ELEMENT_SIZE);

        if (word && add_pointer(survey, index + i, word, why))
            return -1;
    }
    return 0;
}

static int compare_offsets(const void *a, const void *b)
{
    const struct survey_table *x = a, *y = b;

    return (x->offset > y->offset) - (x->offset < y->offset);
}

static int compare_indices(const void *a, const void *b)
{
    const struct survey_table *x = a, *y = b;

    return (x->l1_index > y->l1_index) - (x->l1_index < y->l1_index);
}

static void sort(struct survey *survey, int (*compare)(const void *a, const void *b))
{
    if (survey->count)
        qsort(survey->tables, survey->count, sizeof(*survey->tables), compare);
}

void survey_list(struct survey *survey)
{
    sort(survey, compare_offsets);
}

int surveyor_init(struct surveyor *surveyor, struct survey *survey, struct failure *why)
{
    struct claims *claims = survey->claims_lent ? &surveyor->claims : &survey->claims;

    *surveyor = (struct surveyor){.survey = survey};
    if (survey->claims_lent && claims_init(claims, survey->geometry->file_clusters, why))
        return -1;
    survey->claims_lent = true;
    kernel_init(&surveyor->kernel, survey->geometry, claims, false);
    if (!survey->atlas)
        return 0;
    surveyor->atlas = malloc(sizeof(*surveyor->atlas));
    if (!surveyor->atlas)
        return failure_set_errno(why, ENOMEM, "cannot draw a map");
    atlas_init(surveyor->atlas, survey->geometry);
    return 0;
}

void surveyor_free(struct surveyor *surveyor)
{
    claims_free(&surveyor->claims);
    extents_free(&surveyor->words);
    free(surveyor->atlas);
}

void surveyor_begin(struct surveyor *surveyor, struct survey_table *table)
{
    const struct geometry *geometry = surveyor->survey->geometry;
    uint64_t first = table->l1_index * geometry->nelems;

    surveyor->table = table;
    surveyor->index = 0;
    surveyor->inside = first < geometry->total_clusters ? geometry->total_clusters - first : 0;
    kernel_begin(&surveyor->kernel);
}

/* The guest's cluster that the next element is for. */
static uint64_t guest_cluster(const struct surveyor *surveyor)
{
    return surveyor->table->l1_index * surveyor->survey->geometry->nelems + surveyor->index;
}

/* How many of the next elements lie in one grain, on one side of image_size, in one cell of maps.
 */
static size_t part_count(const struct surveyor *surveyor, uint64_t grain)
{
    uint64_t at = surveyor->table->offset + surveyor->index * QED_ELEMENT_SIZE;
    uint64_t part = (grain - (at & (grain - 1))) / QED_ELEMENT_SIZE, room;

    if (surveyor->index >= surveyor->inside)
        return (size_t)part;
    if (part > surveyor->inside - surveyor->index)
        part = surveyor->inside - surveyor->index;
    if (!surveyor->atlas)
        return (size_t)part;
    room = atlas_room(&surveyor->atlas->guest, guest_cluster(surveyor));
    return (size_t)(part < room ? part : room);
}

/* Charts elements that the kernel counted. Invalid ones could lie outside of all cells. */
static void chart(struct surveyor *surveyor, struct atlas_part *part)
{
    if (surveyor->index >= surveyor->inside)
        surveyor->atlas->outside += part->data + part->zero;
    else if (surveyor->kernel.usage.invalid_elements == 0)
        atlas_add_part(surveyor->atlas, part);
}

static int scan_part(struct surveyor *surveyor, const unsigned char *bytes, size_t count,
                     size_t more, uint64_t grain, struct failure *why)
{
    const uint64_t start = surveyor->table->offset + surveyor->index * QED_ELEMENT_SIZE;
    struct usage *usage = &surveyor->kernel.usage;
    uint64_t words = kernel_words(&surveyor->kernel);
    struct atlas_part part = {
        .cluster = guest_cluster(surveyor),
        .bytes = bytes,
        .count = count,
        .data = usage->valid_elements,
        .zero = usage->zero_clusters,
        .fragments = usage->fragmented_clusters,
    };

    kernel_scan(&surveyor->kernel, bytes, count, more);
    if (surveyor->kernel.failed)
        return claims_no_memory(surveyor->kernel.claims->limit, why);
    part.data = usage->valid_elements - part.data;
    part.zero = usage->zero_clusters - part.zero;
    part.fragments = usage->fragmented_clusters - part.fragments;
    part.one_run = surveyor->kernel.hand.run >= count;
    if (surveyor->atlas)
        chart(surveyor, &part);
    words = kernel_words(&surveyor->kernel) - words;
    if (surveyor->index < surveyor->inside)
        usage->image_clusters += words;
    else
        usage->beyond_clusters += words;
    surveyor->index += count;
    return words ? extents_add(&surveyor->words, start & ~(grain - 1), grain, why) : 0;
}

int surveyor_words(struct surveyor *surveyor, const unsigned char *bytes, size_t count,
                   struct failure *why)
{
    uint64_t grain = inventory_grain(surveyor->survey->geometry);

    while (count > 0) {
        size_t part = part_count(surveyor, grain);

        if (part > count)
            part = count;
        if (scan_part(surveyor, bytes, part, count - part, grain, why))
            return -1;
        bytes += part * QED_ELEMENT_SIZE;
        count -= part;
    }
    return 0;
}

void surveyor_hole(struct surveyor *surveyor, uint64_t count)
{
    if (count == 0)
        return;
    kernel_skip(&surveyor->kernel);
    surveyor->index += count;
}

void surveyor_end(struct surveyor *surveyor)
{
    kernel_end(&surveyor->kernel, &surveyor->table->ends);
}

int survey_join(struct survey *survey, struct surveyor *surveyor, struct failure *why)
{
    usage_merge(&survey->usage, &surveyor->kernel.usage);
    survey->inventory->word_count += kernel_words(&surveyor->kernel);
    for (size_t i = 0; i < surveyor->words.count; i++) {
        const struct extent *words = &surveyor->words.list[i];

        if (extents_add(&survey->inventory->words, words->offset, words->size, why))
            return -1;
    }
    if (survey->atlas)
        atlas_merge(survey->atlas, surveyor->atlas);
    return claims_merge(&survey->claims, &surveyor->claims, why);
}

/* Counts the runs at the ends of tables, which can go on from one table to the next. */
static void join_runs(struct survey *survey)
{
    const struct survey_table *last = NULL;
    uint64_t run = 0; /* at the end of the last table */

    for (size_t i = 0; i < survey->count; i++) {
        const struct survey_table *table = &survey->tables[i];
        const struct kernel_ends *ends = &table->ends;
        bool goes_on = run && ends->head && last->l1_index + 1 == table->l1_index &&
                       last->ends.next_word == ends->head_word;

        if (!goes_on) {
            usage_count_run(&survey->usage, run);
            run = 0;
        }
        if (ends->head == survey->geometry->nelems) {
            run += ends->head;
        } else {
            usage_count_run(&survey->usage, run + ends->head);
            run = ends->tail;
        }
        last = table;
    }
    usage_count_run(&survey->usage, run);
}

/* Data are in the cells of the file what is claimed there and no table. */
static void chart_file(struct survey *survey)
{
    struct atlas *atlas = survey->atlas;
    uint64_t cell = UINT64_C(1) << atlas->file.bits;
    uint64_t part = cell < CLAIMS_BLOCK_BITS ? cell : CLAIMS_BLOCK_BITS;

    for (size_t i = 0; i < survey->count; i++)
        atlas_add_clusters(atlas, ATLAS_L2, survey->tables[i].offset,
                           survey->geometry->table_clusters);
    for (size_t i = 0; i < survey->claims.used_count; i++) {
        uint64_t at = survey->claims.used[i] * CLAIMS_BLOCK_BITS, end = at + CLAIMS_BLOCK_BITS;

        for (; at < end && at < survey->claims.limit; at += part)
            atlas->file_cells[ATLAS_DATA][at >> atlas->file.bits] +=
                claims_count_part(&survey->claims, at, part);
    }
    for (uint32_t i = 0; i < atlas->file.cells; i++)
        atlas->file_cells[ATLAS_DATA][i] -=
            atlas->file_cells[ATLAS_L1][i] + atlas->file_cells[ATLAS_L2][i];
}

void survey_finish(struct survey *survey)
{
    struct usage *usage = &survey->usage;
    uint64_t header_clusters = survey->geometry->header_end >> survey->geometry->cluster_bits;

    sort(survey, compare_indices);
    join_runs(survey);
    usage->allocated_clusters = usage->valid_elements + usage->invalid_elements;
    usage_finish(usage);
    survey->leaks =
        survey->geometry->file_clusters - header_clusters - claims_count(&survey->claims);
    if (survey->atlas)
        chart_file(survey);
}

bool survey_conflicts(const struct survey *survey)
{
    uint64_t references =
        survey->usage.valid_elements + (survey->count + 1) * survey->geometry->table_clusters;

    return survey->tables_overlap || survey->claims.claimed != references;
}
