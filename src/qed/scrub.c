/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/scrub.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* GNU tar misplaces what follows a range of a sparse member that does not end on a tar block. */
#define HEAD_UNIT ((size_t)512)

/* 64 TiB: larger than files are, and small enough to tell little. */
#define LARGEST_SHOWN (UINT64_C(1) << 46)

const struct table_belief *scrub_belief(const struct scrub *scrub, const struct table_ref *table)
{
    return &scrub->belief.tables[table - scrub->audit->inventory.tables];
}

bool scrub_keeps_table(const struct scrub *scrub, const struct table_ref *table)
{
    return table->level == TABLE_L1 || scrub_belief(scrub, table)->reason != SUSPECT_L1;
}

bool scrub_may_tell(const struct scrub *scrub, uint64_t table_offset, uint64_t index,
                    uint64_t count)
{
    uint64_t at = table_offset + index * QED_ELEMENT_SIZE;
    uint64_t end = at + count * QED_ELEMENT_SIZE;
    const struct table_ref *table = inventory_find(&scrub->audit->inventory, at);

    if (!table || !scrub_keeps_table(scrub, table))
        return false;
    for (; at < end; at = (at / BLOCK_SIZE + 1) * BLOCK_SIZE) {
        if (belief_find(&scrub->belief, at))
            return false;
    }
    return true;
}

bool scrub_may_show(const struct geometry *geometry, uint64_t file_size, uint64_t word)
{
    return !(word & (geometry->cluster_size - 1)) &&
           word < (file_size > LARGEST_SHOWN ? file_size : LARGEST_SHOWN);
}

/*
 * Rewrites a believed part of the table in hand, from its state on, into to: a private copy first,
 * so that what is judged is what goes out.
 */
static int rewrite_part(struct scrub *scrub, uint64_t offset, unsigned char *to, size_t size,
                        struct failure *why)
{
    if (source_read(scrub->original, offset, to, size, why))
        return -1;
    rewrite_bytes(&scrub->rewriter, scrub->state.table->level, to, size, &scrub->counts);
    return 0;
}

/* Fills in a part of a suspect block, inside it. */
static void stand_in(struct scrub *scrub, const struct suspect_block *suspect, uint64_t offset,
                     unsigned char *to, size_t size)
{
    size_t first = (size_t)(offset - suspect->offset);
    uint64_t words[BLOCK_WORDS];
    unsigned char bytes[BLOCK_SIZE];

    standin_words(&scrub->belief, suspect, words);
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        bytes_store64(bytes + i * QED_ELEMENT_SIZE, words[i]);
        if (words[i] && i >= first / QED_ELEMENT_SIZE && i * QED_ELEMENT_SIZE < first + size)
            scrub->counts.stand_ins++;
    }
    memcpy(to, bytes + first, size);
}

static size_t up_to_block_end(uint64_t offset, size_t size)
{
    size_t to_block_end = (size_t)(BLOCK_SIZE - offset % BLOCK_SIZE);

    return size < to_block_end ? size : to_block_end;
}

/*
 * Takes the next part, of at most size bytes, of the table in hand into to. Returns how much that
 * was, 0 on failure. Nothing follows the last word of a suspect block.
 */
static size_t take_part(struct scrub *scrub, uint64_t offset, unsigned char *to, size_t size,
                        struct failure *why)
{
    const struct suspect_block *suspect = belief_find(&scrub->belief, offset);

    if (scrub->belief.block_count)
        size = up_to_block_end(offset, size);
    if (suspect) {
        stand_in(scrub, suspect, offset, to, size);
        rewriter_break(&scrub->rewriter);
    } else if (rewrite_part(scrub, offset, to, size, why)) {
        return 0;
    }
    scrub->state.next = offset + size - scrub->state.table->offset;
    return size;
}

/*
 * Brings the state to offset inside a table: a word's stand-in can depend on the words before it.
 * Read in order nothing is read twice, since between the ranges there are only zeros.
 */
static int seek_in_table(struct scrub *scrub, const struct table_ref *table, uint64_t offset,
                         struct failure *why)
{
    struct scrub_counts counts = scrub->counts;
    uint64_t at;

    if (scrub->state.table != table || table->offset + scrub->state.next > offset) {
        scrub->state.table = table;
        scrub->state.next = 0;
        rewriter_break(&scrub->rewriter);
    }
    at = table->offset + scrub->state.next;
    while (at < offset) {
        size_t i = extents_find(&scrub->ranges, at);
        const struct extent *range = &scrub->ranges.list[i];
        uint64_t end;
        size_t part;

        if (i == scrub->ranges.count || range->offset >= offset)
            break;
        at = range->offset > at ? range->offset : at;
        end = range->offset + range->size < offset ? range->offset + range->size : offset;
        part = take_part(scrub, at, scrub->chunk,
                         end - at < SOURCE_CHUNK ? (size_t)(end - at) : SOURCE_CHUNK, why);
        if (part == 0)
            return -1;
        at += part;
    }
    scrub->counts = counts;
    return 0;
}

/* Where the table that holds offset ends, or the next one begins: tables of sick images overlap. */
static uint64_t end_of_table(const struct scrub *scrub, const struct table_ref *table)
{
    const struct inventory *inventory = &scrub->audit->inventory;
    uint64_t end = table->offset + inventory->geometry->table_size;
    const struct table_ref *next = table + 1;

    if (next < inventory->tables + inventory->count && next->offset < end)
        return next->offset;
    return end;
}

/* The table that holds offset and is in the copy where it was, NULL if there is none. */
static const struct table_ref *kept_table(const struct scrub *scrub, uint64_t offset)
{
    const struct table_ref *table = inventory_find(&scrub->audit->inventory, offset);

    return table && scrub_keeps_table(scrub, table) ? table : NULL;
}

uint64_t scrub_part_end(const struct scrub *scrub, uint64_t offset, uint64_t end,
                        const struct table_ref **table)
{
    const struct inventory *inventory = &scrub->audit->inventory;
    uint64_t stop = end;

    *table = NULL;
    if (offset < inventory->geometry->header_end) {
        stop = inventory->geometry->header_end;
    } else if ((*table = kept_table(scrub, offset))) {
        stop = end_of_table(scrub, *table);
    } else {
        const struct table_ref *next = inventory_next(inventory, offset);

        stop = next ? next->offset : end;
    }
    return stop < end ? stop : end;
}

/* Fills in bytes that lie in no table of the original: stand-ins for one may be there. */
static size_t fill_elsewhere(struct scrub *scrub, uint64_t offset, size_t size, unsigned char *to)
{
    const struct suspect_block *suspect = belief_find(&scrub->belief, offset);

    size = up_to_block_end(offset, size);
    memset(to, 0, size);
    if (suspect)
        stand_in(scrub, suspect, offset, to, size);
    return size;
}

/* Fills in the bytes of one range that lie in one table, in the header, or in neither. */
static size_t fill_part(struct scrub *scrub, uint64_t offset, size_t size, unsigned char *to,
                        struct failure *why)
{
    const struct table_ref *table;
    uint64_t end;

    if (offset < scrub->head_size) {
        if (size > scrub->head_size - offset)
            size = scrub->head_size - (size_t)offset;
        memcpy(to, scrub->head + offset, size);
        return size;
    }
    table = kept_table(scrub, offset);
    if (!table)
        return fill_elsewhere(scrub, offset, size, to);
    end = end_of_table(scrub, table);
    if (size > end - offset)
        size = (size_t)(end - offset);
    /* What stands in for a word of an L1 table does not depend on those before it. */
    if (table->level == TABLE_L1)
        scrub->state.table = table;
    else if (seek_in_table(scrub, table, offset, why))
        return 0;
    return take_part(scrub, offset, to, size, why);
}

int scrub_read(struct scrub *scrub, uint64_t offset, unsigned char *to, size_t size,
               struct failure *why)
{
    size_t done = 0;

    if (offset % QED_ELEMENT_SIZE)
        return failure_set(why, "offset 0x%" PRIx64 ": the metadata image is read by whole words",
                           offset);
    while (done < size) {
        size_t part = fill_part(scrub, offset + done, size - done, to + done, why);

        if (part == 0)
            return -1;
        done += part;
    }
    return 0;
}

static const unsigned char *scrub_range(struct source *source, uint64_t offset, size_t size,
                                        struct failure *why)
{
    struct scrub *scrub = (struct scrub *)source;
    unsigned char *chunk = scrub->chunk + SOURCE_CHUNK;

    return scrub_read(scrub, offset, chunk, size, why) ? NULL : chunk;
}

static int scrub_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                      struct failure *why)
{
    const struct extents *ranges = &((struct scrub *)source)->ranges;
    size_t i = extents_find(ranges, from);
    uint64_t stop;

    (void)why;
    if (i == ranges->count || ranges->list[i].offset >= end)
        return 0;
    found->offset = ranges->list[i].offset > from ? ranges->list[i].offset : from;
    stop = ranges->list[i].offset + ranges->list[i].size;
    found->size = (stop < end ? stop : end) - found->offset;
    return 1;
}

static const struct source_kind scrub_kind = {.data = scrub_data, .range = scrub_range};

/*
 * The header of the copy: known fields, no bit that the specification does not explain. A name that
 * is kept moves to behind the header, so that no other byte of the header clusters is needed.
 */
static int make_head(struct scrub *scrub, bool keep_name, struct failure *why)
{
    struct header header = scrub->audit->header;
    char name[HEADER_MAX_NAME + 1];
    int size = keep_name ? header_backing_name(&header, scrub->original, name, why) : 0;

    if (size < 0)
        return -1;
    if (QED_HEADER_SIZE + (uint64_t)size > scrub->audit->geometry.header_end)
        size = 0;
    header.features &= QED_F_NEED_CHECK | (size ? QED_FEATURES_KNOWN : 0);
    header.compat_features = 0;
    header.autoclear_features = 0;
    header.backing_filename_offset = size ? QED_HEADER_SIZE : 0;
    header.backing_filename_size = (uint32_t)size;
    scrub->backing_name_kept = size > 0;
    scrub->head_size = (QED_HEADER_SIZE + (size_t)size + HEAD_UNIT - 1) & ~(HEAD_UNIT - 1);
    scrub->head = calloc(1, scrub->head_size);
    if (!scrub->head)
        return failure_set_errno(why, ENOMEM, "cannot make a header");
    header_encode(&header, scrub->head);
    memcpy(scrub->head + QED_HEADER_SIZE, name, (size_t)size);
    return extents_add(&scrub->ranges, 0, scrub->head_size, why);
}

/* Lists the ranges that hold words; the end of the file may cut the last grain. */
static int add_ranges(struct scrub *scrub, struct failure *why)
{
    const struct extents *words =
        scrub->belief.judged ? &scrub->belief.words : &scrub->audit->inventory.words;

    for (size_t i = 0; i < words->count; i++) {
        const struct extent *range = &words->list[i];
        uint64_t room = scrub->source.size - range->offset;

        if (extents_add(&scrub->ranges, range->offset, range->size < room ? range->size : room,
                        why))
            return -1;
    }
    return 0;
}

int scrub_init(struct scrub *scrub, struct source *original, const struct audit *audit,
               const struct scrub_options *options, struct failure *why)
{
    *scrub =
        (struct scrub){.source = {.kind = &scrub_kind, .size = original->size},
                       .original = original,
                       .audit = audit,
                       .rewriter = {.geometry = &audit->geometry, .file_size = audit->file_size}};
    scrub->chunk = malloc(2 * SOURCE_CHUNK);
    if (!scrub->chunk)
        return failure_set_errno(why, ENOMEM, "cannot read tables");
    if (belief_init(&scrub->belief, original, audit, options->faithful, why) ||
        make_head(scrub, options->keep_backing_name, why))
        return -1;
    return add_ranges(scrub, why);
}

void scrub_free(struct scrub *scrub)
{
    belief_free(&scrub->belief);
    extents_free(&scrub->ranges);
    free(scrub->head);
    free(scrub->chunk);
    free(scrub->atlas);
}
