/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/judge.h"

#include <errno.h>
#include <stdlib.h>

#include "qed/marker.h"

/* How many more runs of ones than good words a block of zero clusters may have. */
#define MORE_RUNS_OF_ONES 8

const char *belief_reason_name(enum belief_reason reason)
{
    static const char *const names[] = {"", "l1-suspect", "referenced-as-data", "implausible"};

    return names[reason];
}

static bool is_sane(const struct judge_tally *tally)
{
    uint64_t doubtful = tally->claimed + tally->in_front;

    return doubtful + tally->bad <= 2 + tally->good / 8 && doubtful <= tally->good;
}

static bool is_plausible(const struct judge_tally *tally)
{
    return is_sane(tally) && tally->runs_of_ones <= tally->good + MORE_RUNS_OF_ONES;
}

/*
 * Adds a block to its table's tally. Whatever stands in for a block adds no more to that of a copy,
 * so that what is believed once is believed in a copy of a copy too.
 */
static void add_block(struct judge_tally *table, const struct judge_tally *block)
{
    if (is_plausible(block))
        table->good += block->good;
    table->claimed += block->claimed;
    table->bad += block->bad;
}

static uint64_t cluster_of(const struct judge *judge, uint64_t word)
{
    return word >> judge->geometry->cluster_bits;
}

static bool is_valid(const struct judge *judge, enum table_level level, uint64_t word)
{
    return table_classify(judge->geometry, level, word, NULL) == ELEMENT_VALID;
}

static enum table_level level_of(const struct judge *judge, size_t table)
{
    return judge->inventory->tables[table].level;
}

/* A cursor at the blocks of the L1 table, and the next of those. */
static void l1_begin(const struct judge *judge, struct block_cursor *block)
{
    block_begin(block, judge->source, judge->inventory);
    block_seek(block, judge->l1_offset);
}

static int l1_next(const struct judge *judge, struct block_cursor *block, struct failure *why)
{
    int more = block_next(block, why);

    return more > 0 && level_of(judge, block->table) != TABLE_L1 ? 0 : more;
}

static uint64_t l1_block(const struct judge *judge, uint64_t offset)
{
    return (offset - judge->l1_offset) / BLOCK_SIZE;
}

static int suspect_l1_block(struct judge *judge, uint64_t offset, struct failure *why)
{
    uint64_t taken = 0;

    return claims_take_all(&judge->suspect_l1, l1_block(judge, offset), 1, &taken, why);
}

/* Tallies a block of the L1 table; targets are the clusters of tables that words pointed at. */
static int tally_l1_block(const struct judge *judge, const struct block_cursor *block,
                          struct claims *targets, struct judge_tally *tally, struct failure *why)
{
    *tally = (struct judge_tally){0};
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i], taken = 0;
        bool valid = is_valid(judge, TABLE_L1, word);

        if (word == 0 || marker_is(judge->geometry, word))
            continue;
        if (valid && targets &&
            claims_take_all(targets, cluster_of(judge, word), judge->geometry->table_clusters,
                            &taken, why))
            return -1;
        if (!valid)
            tally->bad++;
        else if (taken)
            tally->claimed++;
        else if (word < judge->l1_offset)
            tally->in_front++;
        else
            tally->good++;
    }
    return 0;
}

/* Which blocks of the L1 table are not sane by the form of their words. */
static int judge_l1_form(struct judge *judge, struct failure *why)
{
    struct block_cursor block;
    struct judge_tally tally;
    int more;

    l1_begin(judge, &block);
    while ((more = l1_next(judge, &block, why)) > 0) {
        if (tally_l1_block(judge, &block, NULL, &tally, why) ||
            (!is_sane(&tally) && suspect_l1_block(judge, block.offset, why)))
            return -1;
    }
    return more;
}

/*
 * Which blocks are not sane by where their words point, first come, first served, and the tally of
 * the whole, where all words of a suspect block are bad.
 */
static int judge_l1_targets(struct judge *judge, struct claims *targets, struct judge_tally *whole,
                            struct failure *why)
{
    struct block_cursor block;
    struct judge_tally tally;
    int more;

    l1_begin(judge, &block);
    while ((more = l1_next(judge, &block, why)) > 0) {
        bool suspect = claims_holds(&judge->suspect_l1, l1_block(judge, block.offset));

        if (tally_l1_block(judge, &block, suspect ? NULL : targets, &tally, why))
            return -1;
        if (!suspect && !is_sane(&tally)) {
            suspect = true;
            if (suspect_l1_block(judge, block.offset, why))
                return -1;
        }
        if (suspect)
            whole->bad += tally.good + tally.claimed + tally.in_front + tally.bad;
        else
            add_block(whole, &tally);
    }
    return more;
}

static int claim_l1(const struct judge *judge, struct claims *claims, struct failure *why)
{
    uint64_t taken = 0;

    return claims_take_all(claims, cluster_of(judge, judge->l1_offset),
                           judge->geometry->table_clusters, &taken, why);
}

/* Claims what the words of believed blocks of the L1 table point at. */
static int claim_pointed(struct judge *judge, struct failure *why)
{
    struct block_cursor block;
    uint64_t taken = 0;
    int more;

    if (claim_l1(judge, &judge->pointed, why))
        return -1;
    l1_begin(judge, &block);
    while ((more = l1_next(judge, &block, why)) > 0) {
        if (claims_holds(&judge->suspect_l1, l1_block(judge, block.offset)))
            continue;
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (is_valid(judge, TABLE_L1, block.words[i]) &&
                claims_take_all(&judge->pointed, cluster_of(judge, block.words[i]),
                                judge->geometry->table_clusters, &taken, why))
                return -1;
        }
    }
    return more;
}

/* Marks the tables to which no believed word of the L1 table points. */
static void judge_pointers(struct judge *judge, bool l1_believed)
{
    for (size_t i = 0; i < judge->inventory->count; i++) {
        const struct table_ref *table = &judge->inventory->tables[i];
        bool believed = table->level == TABLE_L1
                            ? l1_believed
                            : !claims_holds(&judge->suspect_l1, table->l1_index / BLOCK_WORDS);

        judge->reasons[i] = believed ? BELIEVED : SUSPECT_L1;
    }
}

static int judge_l1(struct judge *judge, bool usual_place, struct failure *why)
{
    struct judge_tally whole = {0};
    struct claims targets;
    uint64_t taken = 0;
    bool believed;
    int result = -1;

    if (claims_init(&targets, judge->pointed.limit, why) || claim_l1(judge, &targets, why) ||
        judge_l1_form(judge, why) || judge_l1_targets(judge, &targets, &whole, why))
        goto out;
    believed = usual_place || is_sane(&whole);
    if (!believed && claims_take_all(&judge->suspect_l1, 0, judge->suspect_l1.limit, &taken, why))
        goto out;
    judge_pointers(judge, believed);
    result = claim_pointed(judge, why);
out:
    claims_free(&targets);
    return result;
}

/* Whether anything but a word of an L2 table itself is known to claim the cluster it refers to. */
static bool is_claimed(const struct judge *judge, uint64_t word)
{
    return claims_holds(&judge->pointed, cluster_of(judge, word)) ||
           claims_holds(&judge->twice, cluster_of(judge, word));
}

/* Elements of a block. */
struct span {
    size_t first, end;
};

/*
 * The elements that may refer to clusters in front of their table: those of the write that it was
 * made for, which may go on in the next block.
 */
static struct span first_write(const struct judge *judge, const struct block_cursor *block)
{
    uint64_t table = judge->inventory->tables[block->table].offset;
    uint64_t cluster_size = judge->geometry->cluster_size;
    struct span span = {0, BLOCK_WORDS};

    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        if (block->words[i] + cluster_size == table)
            span.end = i + 1;
    }
    span.first = span.end - 1;
    while (span.first > 0 &&
           block->words[span.first - 1] + cluster_size == block->words[span.first])
        span.first--;
    return span;
}

/* Whether a word goes on from the one before it, behind the end of the file. */
static bool goes_on(const struct judge *judge, uint64_t word, uint64_t last)
{
    return last && word == last + judge->geometry->cluster_size &&
           word >= judge->geometry->file_end && word % judge->geometry->cluster_size == 0;
}

static struct judge_tally tally_l2_block(const struct judge *judge,
                                         const struct block_cursor *block)
{
    uint64_t table = judge->inventory->tables[block->table].offset;
    struct span in_front = first_write(judge, block);
    struct judge_tally tally = {0};
    uint64_t before = 0, last = 0; /* any word, and one that is not 0 or 1 */

    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i];
        bool valid = is_valid(judge, TABLE_L2, word);
        bool in_order = word > table || (i >= in_front.first && i < in_front.end);

        if (word == QED_ZERO_CLUSTER)
            tally.runs_of_ones += before != word;
        else if (valid && is_claimed(judge, word))
            tally.claimed++;
        else if (valid)
            *(in_order ? &tally.good : &tally.in_front) += 1;
        else if (word && !marker_is(judge->geometry, word) && !goes_on(judge, word, last))
            tally.bad++;
        before = word;
        last = word > QED_ZERO_CLUSTER ? word : last;
    }
    return tally;
}

/* The next block of an L2 table to which a believed word points. */
static int l2_next(const struct judge *judge, struct block_cursor *block, struct failure *why)
{
    int more;

    while ((more = block_next(block, why)) > 0) {
        if (level_of(judge, block->table) == TABLE_L2 && judge->reasons[block->table] != SUSPECT_L1)
            break;
    }
    return more;
}

static int tally_tables(struct judge *judge, struct failure *why)
{
    struct block_cursor block;
    int more;

    for (size_t i = 0; i < judge->inventory->count; i++)
        judge->tallies[i] = (struct judge_tally){0};
    block_begin(&block, judge->source, judge->inventory);
    while ((more = l2_next(judge, &block, why)) > 0) {
        struct judge_tally tally = tally_l2_block(judge, &block);

        add_block(&judge->tallies[block.table], &tally);
    }
    return more;
}

/* Notes a reference as data, and the table that it hits if it does. */
static int refer(struct judge *judge, uint64_t word, struct failure *why)
{
    uint64_t taken = 0;

    if (claims_holds(&judge->pointed, cluster_of(judge, word))) {
        const struct table_ref *table = inventory_find(judge->inventory, word);
        enum belief_reason *reason =
            table ? &judge->reasons[table - judge->inventory->tables] : NULL;

        if (table && table->level == TABLE_L2 && *reason == BELIEVED)
            *reason = SUSPECT_SHARED;
        return 0;
    }
    if (claims_take_all(&judge->once, cluster_of(judge, word), 1, &taken, why))
        return -1;
    return taken ? claims_take_all(&judge->twice, cluster_of(judge, word), 1, &taken, why) : 0;
}

/* Notes all references that plausible blocks of L2 tables of sane form make. */
static int note_references(struct judge *judge, struct failure *why)
{
    struct block_cursor block;
    int more;

    block_begin(&block, judge->source, judge->inventory);
    while ((more = l2_next(judge, &block, why)) > 0) {
        struct judge_tally tally;

        if (!is_sane(&judge->tallies[block.table]))
            continue;
        tally = tally_l2_block(judge, &block);
        if (!is_plausible(&tally))
            continue;
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (is_valid(judge, TABLE_L2, block.words[i]) && refer(judge, block.words[i], why))
                return -1;
        }
    }
    return more;
}

static int judge_l2(struct judge *judge, struct failure *why)
{
    if (tally_tables(judge, why) || note_references(judge, why) || tally_tables(judge, why))
        return -1;
    for (size_t i = 0; i < judge->inventory->count; i++) {
        if (judge->reasons[i] == BELIEVED && !is_sane(&judge->tallies[i]))
            judge->reasons[i] = SUSPECT_CONTENT;
    }
    return 0;
}

int judge_init(struct judge *judge, struct source *source, const struct audit *audit,
               struct failure *why)
{
    const struct inventory *inventory = &audit->inventory;
    uint64_t clusters = audit->geometry.file_clusters;

    *judge = (struct judge){.source = source,
                            .inventory = inventory,
                            .geometry = &audit->geometry,
                            .l1_offset = audit->header.l1_table_offset};
    judge->reasons = calloc(inventory->count + 1, sizeof(*judge->reasons));
    judge->tallies = calloc(inventory->count + 1, sizeof(*judge->tallies));
    if (!judge->reasons || !judge->tallies)
        return failure_set_errno(why, ENOMEM, "cannot judge %zu tables", inventory->count);
    if (claims_init(&judge->suspect_l1, audit->geometry.table_size / BLOCK_SIZE, why) ||
        claims_init(&judge->pointed, clusters, why) || claims_init(&judge->once, clusters, why) ||
        claims_init(&judge->twice, clusters, why))
        return -1;
    if (judge_l1(judge, judge->l1_offset == audit->geometry.header_end, why))
        return -1;
    return judge_l2(judge, why);
}

void judge_free(struct judge *judge)
{
    free(judge->reasons);
    free(judge->tallies);
    claims_free(&judge->suspect_l1);
    claims_free(&judge->pointed);
    claims_free(&judge->once);
    claims_free(&judge->twice);
    *judge = (struct judge){0};
}

bool judge_suspects(const struct judge *judge, const struct block_cursor *block)
{
    struct judge_tally tally;

    if (judge->reasons[block->table] != BELIEVED)
        return true;
    if (level_of(judge, block->table) == TABLE_L1)
        return claims_holds(&judge->suspect_l1, l1_block(judge, block->offset));
    tally = tally_l2_block(judge, block);
    return !is_plausible(&tally);
}
