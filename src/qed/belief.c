/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/belief.h"

#include <errno.h>
#include <stdlib.h>

#include "qed/standin.h"

/* One is the rule, two are rare, and more were never seen. */
#define MOST_PLANS 8

/* A word and its table, to tell whether the next one follows. */
struct predecessor {
    size_t table;
    bool exists, suspect;
    uint64_t word;
};

static enum table_level level_of(const struct belief *belief, size_t table)
{
    return belief->inventory->tables[table].level;
}

static int grow(struct belief *belief, struct failure *why)
{
    size_t capacity = belief->block_capacity ? belief->block_capacity * 2 : 16;
    struct suspect_block *blocks = reallocarray(belief->blocks, capacity, sizeof(*blocks));

    if (!blocks)
        return failure_set_errno(why, ENOMEM, "cannot keep account of suspect tables");
    belief->blocks = blocks;
    belief->block_capacity = capacity;
    return 0;
}

static bool says_something(enum table_level level, uint64_t word)
{
    return word != QED_UNALLOCATED && (word != QED_ZERO_CLUSTER || level == TABLE_L1);
}

static bool is_valid(const struct belief *belief, enum table_level level, uint64_t word)
{
    return table_classify(belief->inventory->geometry, level, word, NULL) == ELEMENT_VALID;
}

/* Counts the words of a suspect block, and those that follow their predecessor. */
static void count_words(struct belief *belief, const struct block_cursor *block,
                        struct predecessor *last, struct suspect_block *suspect)
{
    uint64_t cluster_size = belief->inventory->geometry->cluster_size;
    enum table_level level = level_of(belief, block->table);

    suspect->joined = last->exists && last->suspect;
    suspect->before = !suspect->joined && is_valid(belief, level, last->word) ? last->word : 0;
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i];

        if (!says_something(level, word))
            continue;
        suspect->words++;
        suspect->pointers += level == TABLE_L1 && is_valid(belief, level, word);
        belief->pairs += level == TABLE_L2 && last->exists && word == last->word + cluster_size;
        *last = (struct predecessor){block->table, true, true, word};
    }
}

/* Remembers the last word of a believed block, and occupies the clusters that its words claim. */
static int take_words(struct belief *belief, const struct block_cursor *block,
                      struct predecessor *last, struct failure *why)
{
    const struct geometry *geometry = belief->inventory->geometry;
    enum table_level level = level_of(belief, block->table);
    uint64_t taken = 0;

    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i];

        if (says_something(level, word))
            *last = (struct predecessor){block->table, true, false, word};
        if (is_valid(belief, level, word) &&
            claims_take_all(&belief->occupied, word >> geometry->cluster_bits,
                            level == TABLE_L1 ? geometry->table_clusters : 1, &taken, why))
            return -1;
    }
    return 0;
}

static int add_grain(struct belief *belief, uint64_t offset, struct failure *why)
{
    uint64_t grain = inventory_grain(belief->inventory->geometry);

    return extents_add(&belief->words, offset & ~(grain - 1), grain, why);
}

/* Takes over a suspect block, as far as whole words of the file have room for its stand-ins. */
static int add_suspect(struct belief *belief, const struct block_cursor *block,
                       struct predecessor *last, struct failure *why)
{
    struct suspect_block suspect = {.offset = block->offset, .table = block->table};
    uint64_t room = (block->source->size - block->offset) / QED_ELEMENT_SIZE;

    count_words(belief, block, last, &suspect);
    if (suspect.words > room) {
        belief->shortfall.words += suspect.words - room;
        suspect.words = (uint32_t)room;
    }
    if (suspect.pointers > suspect.words)
        suspect.pointers = suspect.words;
    if (belief->block_count == belief->block_capacity && grow(belief, why))
        return -1;
    belief->blocks[belief->block_count++] = suspect;
    belief->tables[block->table].suspect_blocks++;
    return 0;
}

/* Lists the suspect blocks, what is believed of each table, and what the others claim. */
static int list_blocks(struct belief *belief, const struct judge *judge, struct failure *why)
{
    struct predecessor last = {.exists = false};
    struct block_cursor block;
    int more;

    block_begin(&block, judge->source, belief->inventory);
    while ((more = block_next(&block, why)) > 0) {
        if (last.table != block.table)
            last = (struct predecessor){.table = block.table};
        if (judge_suspects(judge, &block)
                ? add_suspect(belief, &block, &last, why)
                : take_words(belief, &block, &last, why) || add_grain(belief, block.offset, why))
            return -1;
    }
    return more;
}

static int begin_occupied(struct belief *belief, const struct audit *audit, struct failure *why)
{
    const struct geometry *geometry = &audit->geometry;
    uint64_t taken = 0;

    if (claims_init(&belief->occupied, geometry->file_clusters, why))
        return -1;
    /* Without header clusters the first one is still not to be had: as a word, 0 says nothing. */
    if (audit->header.header_size == 0 && claims_take_all(&belief->occupied, 0, 1, &taken, why))
        return -1;
    return claims_take_all(&belief->occupied,
                           audit->header.l1_table_offset >> geometry->cluster_bits,
                           geometry->table_clusters, &taken, why);
}

static int list_grains(struct belief *belief, struct failure *why)
{
    for (size_t i = 0; i < belief->block_count; i++) {
        if (belief->blocks[i].words && add_grain(belief, belief->blocks[i].offset, why))
            return -1;
    }
    extents_sort(&belief->words);
    return 0;
}

/* As it is before anything is planned. */
static void clear_plan(struct belief *belief)
{
    struct belief kept = {
        .inventory = belief->inventory, .tables = belief->tables, .judged = belief->judged};

    for (size_t i = 0; i < kept.inventory->count; i++)
        kept.tables[i] = (struct table_belief){.reason = kept.tables[i].reason};
    belief->tables = NULL;
    belief_free(belief);
    *belief = kept;
}

/* A plan for stand-ins that claim so many clusters less than the words that they stand for. */
static int make_plan(struct belief *belief, const struct judge *judge, const struct audit *audit,
                     uint64_t missing, struct failure *why)
{
    clear_plan(belief);
    if (begin_occupied(belief, audit, why) || list_blocks(belief, judge, why) ||
        standin_plan(belief, audit, missing, why))
        return -1;
    return list_grains(belief, why);
}

/*
 * Where stand-ins cannot claim all clusters it is planned anew without those: a copy of the copy,
 * of which no more is known than what is in the copy, is to come out the same.
 */
static int plan_copy(struct belief *belief, const struct judge *judge, const struct audit *audit,
                     struct failure *why)
{
    uint64_t missing = 0, more = 1;

    for (unsigned plans = 0; more > 0 && plans < MOST_PLANS; plans++) {
        if (make_plan(belief, judge, audit, missing, why))
            return -1;
        more = belief->shortfall.clusters;
        missing += more;
        belief->shortfall.clusters = missing;
    }
    return 0;
}

int belief_init(struct belief *belief, struct source *source, const struct audit *audit,
                bool faithful, struct failure *why)
{
    struct judge judge = {0};
    int result = -1;

    *belief = (struct belief){.inventory = &audit->inventory};
    belief->tables = calloc(audit->inventory.count + 1, sizeof(*belief->tables));
    if (!belief->tables)
        return failure_set_errno(why, ENOMEM, "cannot judge tables");
    if (faithful)
        return 0;
    if (judge_is_needed(source, audit, &belief->judged, why))
        return -1;
    if (!belief->judged)
        return 0;
    if (judge_init(&judge, source, audit, why))
        goto out;
    for (size_t i = 0; i < audit->inventory.count; i++)
        belief->tables[i].reason = judge.reasons[i];
    result = plan_copy(belief, &judge, audit, why);
out:
    judge_free(&judge);
    return result;
}

void belief_free(struct belief *belief)
{
    free(belief->tables);
    free(belief->blocks);
    free(belief->pointers);
    extents_free(&belief->words);
    claims_free(&belief->occupied);
    *belief = (struct belief){0};
}

const struct suspect_block *belief_find(const struct belief *belief, uint64_t offset)
{
    size_t low = 0, high = belief->block_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (belief->blocks[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || offset - belief->blocks[low - 1].offset >= BLOCK_SIZE)
        return NULL;
    return &belief->blocks[low - 1];
}
