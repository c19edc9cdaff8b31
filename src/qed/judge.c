/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/judge_parts.h"

#include <errno.h>
#include <stdlib.h>

#include "qed/marker.h"

/* Up to so many bytes of tables are looked through though nothing seems to be wrong. */
#define MOST_LOOKED_THROUGH (UINT64_C(16) * 1024 * 1024)

/* How many more runs of ones than good words a block of zero clusters may have. */
#define MORE_RUNS_OF_ONES 8

const char *belief_reason_name(enum belief_reason reason)
{
    static const char *const names[] = {"", "l1-suspect", "referenced-as-data", "implausible"};

    return names[reason];
}

bool judge_is_sane(const struct judge_tally *tally)
{
    uint64_t doubtful = tally->claimed + tally->in_front;
    bool outnumbered = tally->good > 0 && doubtful + tally->bad > tally->good;

    return doubtful + tally->bad <= 2 + tally->good / 8 && doubtful <= tally->good && !outnumbered;
}

static bool is_plausible(const struct judge_tally *tally)
{
    return judge_is_sane(tally) && tally->runs_of_ones <= tally->good + MORE_RUNS_OF_ONES;
}

void judge_add_block(struct judge_tally *table, const struct judge_tally *block)
{
    if (is_plausible(block))
        table->good += block->good;
    table->claimed += block->claimed;
    table->bad += block->bad;
}

/* Whether anything but a word of an L2 table itself is known to claim the cluster it refers to. */
static bool is_claimed(const struct judge *judge, uint64_t word)
{
    return claims_holds(&judge->pointed, judge_cluster(judge, word)) ||
           claims_holds(&judge->twice, judge_cluster(judge, word));
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

/* Whether an element may be good by where it points. */
static bool is_in_order(uint64_t table, const struct span *first_write, size_t index, uint64_t word)
{
    return word > table || (index >= first_write->first && index < first_write->end);
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
        bool valid = judge_is_valid(judge, TABLE_L2, word);
        bool in_order = is_in_order(table, &in_front, i, word);

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
        if (judge_level(judge, block->table) == TABLE_L2 &&
            judge->reasons[block->table] != SUSPECT_L1)
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

        judge_add_block(&judge->tallies[block.table], &tally);
    }
    return more;
}

/* Notes a reference as data, and the table that it hits if it does. */
static int refer(struct judge *judge, uint64_t word, struct failure *why)
{
    uint64_t taken = 0;

    if (claims_holds(&judge->pointed, judge_cluster(judge, word))) {
        const struct table_ref *table = inventory_find(judge->inventory, word);
        enum belief_reason *reason =
            table ? &judge->reasons[table - judge->inventory->tables] : NULL;

        if (table && table->level == TABLE_L2 && *reason == BELIEVED)
            *reason = SUSPECT_SHARED;
        return 0;
    }
    if (claims_take_all(&judge->once, judge_cluster(judge, word), 1, &taken, why))
        return -1;
    return taken ? claims_take_all(&judge->twice, judge_cluster(judge, word), 1, &taken, why) : 0;
}

/* Notes all references that plausible blocks of L2 tables of sane form make. */
static int note_references(struct judge *judge, struct failure *why)
{
    struct block_cursor block;
    int more;

    block_begin(&block, judge->source, judge->inventory);
    while ((more = l2_next(judge, &block, why)) > 0) {
        struct judge_tally tally;

        if (!judge_is_sane(&judge->tallies[block.table]))
            continue;
        tally = tally_l2_block(judge, &block);
        if (!is_plausible(&tally))
            continue;
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (judge_is_valid(judge, TABLE_L2, block.words[i]) &&
                refer(judge, block.words[i], why))
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
        if (judge->reasons[i] == BELIEVED && !judge_is_sane(&judge->tallies[i]))
            judge->reasons[i] = SUSPECT_CONTENT;
    }
    return 0;
}

/* Whether a block has words that point in front of their table. */
static bool points_in_front(const struct judge *judge, const struct block_cursor *block)
{
    uint64_t table = judge->inventory->tables[block->table].offset;
    struct span span = {0, 0};

    if (judge_level(judge, block->table) == TABLE_L2)
        span = first_write(judge, block);
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        if (block->words[i] > QED_ZERO_CLUSTER && !is_in_order(table, &span, i, block->words[i]))
            return true;
    }
    return false;
}

int judge_is_needed(struct source *source, const struct audit *audit, bool *needed,
                    struct failure *why)
{
    const struct judge judge = {.inventory = &audit->inventory, .geometry = &audit->geometry};
    struct block_cursor block;
    int more = 0;

    *needed = audit->corruptions > 0 || audit->usage.zero_clusters > 0;
    if (*needed || extents_total(&audit->inventory.words) > MOST_LOOKED_THROUGH)
        return 0;
    block_begin(&block, source, &audit->inventory);
    while (!*needed && (more = block_next(&block, why)) > 0)
        *needed = points_in_front(&judge, &block);
    return more < 0 ? -1 : 0;
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
    if (judge_level(judge, block->table) == TABLE_L1)
        return claims_holds(&judge->suspect_l1, judge_l1_block(judge, block->offset));
    tally = tally_l2_block(judge, block);
    return !is_plausible(&tally);
}
