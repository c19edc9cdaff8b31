/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/belief.h"

#include <errno.h>
#include <stdlib.h>

#include "qed/standin.h"

/* How many more runs of ones than good words a block of zero clusters may have. */
#define MORE_RUNS_OF_ONES 8

/* Bad words that are forgiven to an L1 table at its usual place. */
#define FORGIVEN_IN_L1 16

struct tally {
    uint64_t good, bad, runs_of_ones;
};

/* What is known while an image is judged. */
struct trial {
    struct belief *belief;
    struct source *source;
    const struct audit *audit;
    const struct geometry *geometry;
    struct claims in_tables;   /* clusters of tables */
    struct claims l1_targets;  /* clusters of tables that the L1 table points at */
    struct claims once, twice; /* clusters that words of sane form refer to */
    struct tally *tallies;     /* of each table */
    struct claims insane_l1;   /* blocks of the L1 table that are not sane, by number */
};

const char *belief_reason_name(enum belief_reason reason)
{
    static const char *const names[] = {"", "l1-suspect", "referenced-as-data", "implausible"};

    return names[reason];
}

static bool is_sane(const struct tally *tally)
{
    return tally->bad <= 2 + tally->good / 8;
}

static bool has_many_ones(const struct tally *tally)
{
    return tally->runs_of_ones > tally->good + MORE_RUNS_OF_ONES;
}

static uint64_t cluster_of(const struct trial *trial, uint64_t word)
{
    return word >> trial->geometry->cluster_bits;
}

static enum table_level level_of(const struct trial *trial, size_t table)
{
    return trial->belief->inventory->tables[table].level;
}

/* Whether a word of an L2 table is good, by its form and by what is known to refer to its cluster.
 */
static bool is_good(const struct trial *trial, uint64_t word)
{
    return table_classify(trial->geometry, TABLE_L2, word, NULL) == ELEMENT_VALID &&
           !claims_holds(&trial->in_tables, cluster_of(trial, word)) &&
           !claims_holds(&trial->twice, cluster_of(trial, word));
}

/* In an L1 table a word is good that points at a table whose clusters no other one has. */
static int tally_l1_word(struct trial *trial, uint64_t word, struct tally *tally,
                         struct failure *why)
{
    uint64_t taken = 0;

    if (word == 0)
        return 0;
    if (table_classify(trial->geometry, TABLE_L1, word, NULL) != ELEMENT_VALID)
        taken = 1;
    else if (claims_take_all(&trial->l1_targets, cluster_of(trial, word),
                             trial->geometry->table_clusters, &taken, why))
        return -1;
    tally->bad += taken > 0;
    tally->good += taken == 0;
    return 0;
}

static int tally_l1_block(struct trial *trial, const struct block_cursor *block,
                          struct tally *tally, struct failure *why)
{
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        if (tally_l1_word(trial, block->words[i], tally, why))
            return -1;
    }
    return 0;
}

static struct tally tally_l2_block(const struct trial *trial, const struct block_cursor *block)
{
    struct tally tally = {0};
    uint64_t last = 0;

    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i];

        if (word == QED_ZERO_CLUSTER)
            tally.runs_of_ones += last != word;
        else if (word && is_good(trial, word))
            tally.good++;
        else if (word)
            tally.bad++;
        last = word;
    }
    return tally;
}

/* Number of the block of the L1 table that holds the byte at offset. */
static uint64_t l1_block(const struct trial *trial, uint64_t offset)
{
    return (offset - trial->audit->header.l1_table_offset) / BLOCK_SIZE;
}

/* Adds up the words of each table. */
static int tally_tables(struct trial *trial, struct failure *why)
{
    struct block_cursor block;
    uint64_t taken = 0;
    int more;

    claims_free(&trial->l1_targets);
    if (claims_init(&trial->l1_targets, trial->geometry->file_clusters, why))
        return -1;
    for (size_t i = 0; i < trial->belief->inventory->count; i++) {
        trial->tallies[i] = (struct tally){0};
    }
    block_begin(&block, trial->source, trial->belief->inventory);
    while ((more = block_next(&block, why)) > 0) {
        struct tally tally = {0};

        if (level_of(trial, block.table) == TABLE_L2)
            tally = tally_l2_block(trial, &block);
        else if (tally_l1_block(trial, &block, &tally, why))
            return -1;
        trial->tallies[block.table].good += tally.good;
        trial->tallies[block.table].bad += tally.bad;
        if (level_of(trial, block.table) == TABLE_L1 && !is_sane(&tally) &&
            claims_take_all(&trial->insane_l1, l1_block(trial, block.offset), 1, &taken, why))
            return -1;
    }
    return more;
}

/* Notes a reference as data, and the table that it hits if it does. */
static int refer(struct trial *trial, uint64_t word, struct failure *why)
{
    const struct inventory *inventory = trial->belief->inventory;
    uint64_t cluster = cluster_of(trial, word);
    uint64_t taken = 0;

    if (claims_holds(&trial->in_tables, cluster)) {
        size_t hit = (size_t)(inventory_find(inventory, word) - inventory->tables);

        if (inventory->tables[hit].level == TABLE_L2)
            trial->belief->tables[hit].reason = SUSPECT_SHARED;
        return 0;
    }
    if (claims_take_all(&trial->once, cluster, 1, &taken, why))
        return -1;
    return taken ? claims_take_all(&trial->twice, cluster, 1, &taken, why) : 0;
}

/* Notes all references that blocks of sane form in L2 tables of sane form make. */
static int note_references(struct trial *trial, struct failure *why)
{
    struct block_cursor block;
    int more;

    block_begin(&block, trial->source, trial->belief->inventory);
    while ((more = block_next(&block, why)) > 0) {
        struct tally tally;

        if (level_of(trial, block.table) == TABLE_L1 || !is_sane(&trial->tallies[block.table]))
            continue;
        tally = tally_l2_block(trial, &block);
        if (!is_sane(&tally))
            continue;
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (table_classify(trial->geometry, TABLE_L2, block.words[i], NULL) == ELEMENT_VALID &&
                refer(trial, block.words[i], why))
                return -1;
        }
    }
    return more;
}

static bool believe_l1(const struct trial *trial, size_t table)
{
    const struct header *header = &trial->audit->header;
    const struct tally *tally = &trial->tallies[table];

    if (header->header_size == 1 && header->l1_table_offset == header->cluster_size)
        return tally->bad <= FORGIVEN_IN_L1 + tally->good;
    return is_sane(tally) && trial->insane_l1.claimed == 0;
}

/* Whether the L1 element that led to a table stands in a block that is not sane. */
static bool pointer_is_suspect(const struct trial *trial, const struct table_ref *table)
{
    return claims_holds(&trial->insane_l1, table->l1_index / BLOCK_WORDS);
}

static void judge_tables(struct trial *trial)
{
    const struct inventory *inventory = trial->belief->inventory;
    struct table_belief *tables = trial->belief->tables;
    bool l1_believed = true;

    for (size_t i = 0; i < inventory->count; i++) {
        if (inventory->tables[i].level == TABLE_L1)
            l1_believed = believe_l1(trial, i);
    }
    for (size_t i = 0; i < inventory->count; i++) {
        bool is_l1 = inventory->tables[i].level == TABLE_L1;

        if (!l1_believed || (!is_l1 && pointer_is_suspect(trial, &inventory->tables[i])))
            tables[i].reason = SUSPECT_L1;
        else if (!is_l1 && tables[i].reason == BELIEVED && !is_sane(&trial->tallies[i]))
            tables[i].reason = SUSPECT_CONTENT;
    }
}

static bool is_suspect(const struct trial *trial, const struct block_cursor *block)
{
    struct tally tally;

    if (trial->belief->tables[block->table].reason != BELIEVED)
        return true;
    if (level_of(trial, block->table) == TABLE_L1)
        return claims_holds(&trial->insane_l1, l1_block(trial, block->offset));
    tally = tally_l2_block(trial, block);
    return !is_sane(&tally) || has_many_ones(&tally);
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

/* A word and its table, to tell whether the next one follows. */
struct predecessor {
    size_t table;
    bool exists, suspect;
    uint64_t word;
};

/*
 * Counts the words of a block and those that follow their predecessor. One that follows the last
 * word of a suspect block is counted there too, since its own stand-in cannot be followed.
 */
static void count_words(struct trial *trial, const struct block_cursor *block,
                        struct predecessor *last, struct suspect_block *suspect)
{
    struct belief *belief = trial->belief;
    enum table_level level = level_of(trial, block->table);

    if (last->table != block->table)
        *last = (struct predecessor){.table = block->table};
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i];
        bool follows =
            level == TABLE_L2 && last->exists && last->word + trial->geometry->cluster_size == word;

        if (word == QED_UNALLOCATED || (word == QED_ZERO_CLUSTER && level == TABLE_L2))
            continue;
        if (suspect) {
            suspect->words++;
            suspect->adjacent += follows;
        } else if (follows && last->suspect) {
            belief->blocks[belief->block_count - 1].adjacent++;
        }
        *last = (struct predecessor){block->table, true, suspect, word};
    }
}

static int occupy(struct trial *trial, const struct block_cursor *block, struct failure *why)
{
    uint64_t taken = 0;

    if (level_of(trial, block->table) == TABLE_L1)
        return 0;
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        if (table_classify(trial->geometry, TABLE_L2, block->words[i], NULL) == ELEMENT_VALID &&
            claims_take_all(&trial->belief->occupied, cluster_of(trial, block->words[i]), 1, &taken,
                            why))
            return -1;
    }
    return 0;
}

/* Lists the suspect blocks, and the clusters that the others refer to. */
static int judge_blocks(struct trial *trial, struct failure *why)
{
    struct belief *belief = trial->belief;
    struct predecessor last = {.exists = false};
    struct block_cursor block;
    int more;

    block_begin(&block, trial->source, belief->inventory);
    while ((more = block_next(&block, why)) > 0) {
        struct suspect_block suspect = {.offset = block.offset};

        if (!is_suspect(trial, &block)) {
            count_words(trial, &block, &last, NULL);
            if (occupy(trial, &block, why))
                return -1;
            continue;
        }
        count_words(trial, &block, &last, &suspect);
        if (belief->block_count == belief->block_capacity && grow(belief, why))
            return -1;
        belief->blocks[belief->block_count++] = suspect;
        belief->tables[block.table].suspect_blocks++;
    }
    return more;
}

static int claim_tables(const struct belief *belief, struct claims *claims, struct failure *why)
{
    const struct geometry *geometry = belief->inventory->geometry;
    uint64_t taken = 0;

    for (size_t i = 0; i < belief->inventory->count; i++) {
        if (claims_take_all(claims, belief->inventory->tables[i].offset >> geometry->cluster_bits,
                            geometry->table_clusters, &taken, why))
            return -1;
    }
    return 0;
}

static int trial_init(struct trial *trial, struct failure *why)
{
    size_t tables = trial->belief->inventory->count;
    uint64_t clusters = trial->geometry->file_clusters;

    trial->tallies = calloc(tables, sizeof(*trial->tallies));
    if (!trial->tallies)
        return failure_set_errno(why, ENOMEM, "cannot judge %zu tables", tables);
    if (claims_init(&trial->insane_l1, trial->geometry->table_size / BLOCK_SIZE, why) ||
        claims_init(&trial->in_tables, clusters, why) || claims_init(&trial->once, clusters, why) ||
        claims_init(&trial->twice, clusters, why))
        return -1;
    return claim_tables(trial->belief, &trial->in_tables, why);
}

static void trial_free(struct trial *trial)
{
    free(trial->tallies);
    claims_free(&trial->in_tables);
    claims_free(&trial->insane_l1);
    claims_free(&trial->l1_targets);
    claims_free(&trial->once);
    claims_free(&trial->twice);
}

static int judge(struct trial *trial, struct failure *why)
{
    struct claims *occupied = &trial->belief->occupied;

    if (tally_tables(trial, why) || note_references(trial, why) || tally_tables(trial, why))
        return -1;
    judge_tables(trial);
    if (claim_tables(trial->belief, occupied, why) || judge_blocks(trial, why))
        return -1;
    return standin_plan(trial->belief, trial->source, why);
}

/* An image whose elements are all valid and claim all their clusters alone has nothing to judge,
 * unless it has zero clusters, which could be an array of ones. */
static bool needs_judging(const struct audit *audit)
{
    return audit->corruptions > 0 || audit->usage.zero_clusters > 0;
}

int belief_init(struct belief *belief, struct source *source, const struct audit *audit,
                bool faithful, struct failure *why)
{
    struct trial trial = {
        .belief = belief, .source = source, .audit = audit, .geometry = &audit->geometry};
    int result;

    *belief = (struct belief){.inventory = &audit->inventory};
    belief->tables = calloc(audit->inventory.count, sizeof(*belief->tables));
    if (!belief->tables)
        return failure_set_errno(why, ENOMEM, "cannot judge tables");
    if (faithful || !needs_judging(audit))
        return 0;
    if (claims_init(&belief->occupied, audit->geometry.file_clusters, why))
        return -1;
    result = trial_init(&trial, why) || judge(&trial, why) ? -1 : 0;
    trial_free(&trial);
    return result;
}

void belief_free(struct belief *belief)
{
    free(belief->tables);
    free(belief->blocks);
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
