/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/judge_parts.h"
#include "qed/marker.h"

/* A cursor at the blocks of the L1 table, and the next of those. */
static void l1_begin(const struct judge *judge, struct block_cursor *block)
{
    block_begin(block, judge->source, judge->inventory);
    block_seek(block, judge->l1_offset);
}

static int l1_next(const struct judge *judge, struct block_cursor *block, struct failure *why)
{
    int more = block_next(block, why);

    return more > 0 && judge_level(judge, block->table) != TABLE_L1 ? 0 : more;
}

uint64_t judge_l1_block(const struct judge *judge, uint64_t offset)
{
    return (offset - judge->l1_offset) / BLOCK_SIZE;
}

static int suspect_l1_block(struct judge *judge, uint64_t offset, struct failure *why)
{
    uint64_t taken = 0;

    return claims_take_all(&judge->suspect_l1, judge_l1_block(judge, offset), 1, &taken, why);
}

/* Tallies a block of the L1 table; targets are the clusters of tables that words pointed at. */
static int tally_l1_block(const struct judge *judge, const struct block_cursor *block,
                          struct claims *targets, struct judge_tally *tally, struct failure *why)
{
    *tally = (struct judge_tally){0};
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        uint64_t word = block->words[i], taken = 0;
        bool valid = judge_is_valid(judge, TABLE_L1, word);

        if (word == 0 || marker_is(judge->geometry, word))
            continue;
        if (valid && targets &&
            claims_take_all(targets, judge_cluster(judge, word), judge->geometry->table_clusters,
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
            (!judge_is_sane(&tally) && suspect_l1_block(judge, block.offset, why)))
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
        bool suspect = claims_holds(&judge->suspect_l1, judge_l1_block(judge, block.offset));

        if (tally_l1_block(judge, &block, suspect ? NULL : targets, &tally, why))
            return -1;
        if (!suspect && !judge_is_sane(&tally)) {
            suspect = true;
            if (suspect_l1_block(judge, block.offset, why))
                return -1;
        }
        if (suspect)
            whole->bad += tally.good + tally.claimed + tally.in_front + tally.bad;
        else
            judge_add_block(whole, &tally);
    }
    return more;
}

static int claim_l1(const struct judge *judge, struct claims *claims, struct failure *why)
{
    uint64_t taken = 0;

    return claims_take_all(claims, judge_cluster(judge, judge->l1_offset),
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
        if (claims_holds(&judge->suspect_l1, judge_l1_block(judge, block.offset)))
            continue;
        for (size_t i = 0; i < BLOCK_WORDS; i++) {
            if (judge_is_valid(judge, TABLE_L1, block.words[i]) &&
                claims_take_all(&judge->pointed, judge_cluster(judge, block.words[i]),
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

int judge_l1(struct judge *judge, bool usual_place, struct failure *why)
{
    struct judge_tally whole = {0};
    struct claims targets;
    uint64_t taken = 0;
    bool believed;
    int result = -1;

    if (claims_init(&targets, judge->pointed.limit, why) || claim_l1(judge, &targets, why) ||
        judge_l1_form(judge, why) || judge_l1_targets(judge, &targets, &whole, why))
        goto out;
    believed = usual_place || judge_is_sane(&whole);
    if (!believed && claims_take_all(&judge->suspect_l1, 0, judge->suspect_l1.limit, &taken, why))
        goto out;
    judge_pointers(judge, believed);
    result = claim_pointed(judge, why);
out:
    claims_free(&targets);
    return result;
}
