/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SCRUB_H
#define QED_SCRUB_H

#include "qed/rewrite.h"
#include "qed/standin.h"

/*
 * The metadata image: a view of an image that holds its metadata and nothing else, as a source. It
 * has the length of the original; all but its header and tables is hole. Every byte is constructed
 * from parsed fields and classified elements, never copied and then cleaned.
 *
 * The policy has three owners. judge.h decides which blocks of tables are taken for tables;
 * standin.h makes the words that stand where a block is not; rewrite.h decides what becomes of each
 * word of the others, judging the very bytes that are handed out, whatever the image held when it
 * was audited. Whoever wants to know what a copy can tell about a guest reads those; README.md
 * lists it under "What can still get out".
 */

struct scrub_options {
    bool keep_backing_name;
    bool faithful; /* believe all tables: keep what is a valid offset, wherever it stands */
};

struct scrub {
    struct source source; /* the metadata image; to be read from multiples of 8 on */
    struct source *original;
    const struct audit *audit;
    struct extents ranges;      /* what it holds, sorted: header, then tables' grains */
    struct scrub_counts counts; /* over all bytes handed out so far */
    struct belief belief;
    bool backing_name_kept;
    bool audited;        /* by scrub_predict(), since its tables may not be the original's */
    struct atlas *atlas; /* of the copy, where it was audited and the original has one */

    unsigned char *head; /* the header, the backing name if it is kept, and zeros */
    size_t head_size;
    unsigned char *chunk;
    struct rewriter rewriter;
    struct { /* how far the table in hand was read, and so what the rewriter saw last */
        const struct table_ref *table;
        uint64_t next; /* bytes into it */
    } state;
};

/*
 * Prepares the metadata image of an audited image, for which audit_can_copy() holds. Both must stay
 * as they are meanwhile. scrub_free() is due even if this fails.
 */
int scrub_init(struct scrub *scrub, struct source *original, const struct audit *audit,
               const struct scrub_options *options, struct failure *why);

/*
 * The bytes of the metadata image in a range inside one of its ranges, from a multiple of 8 on,
 * straight to where they are wanted; otherwise as source_range().
 */
int scrub_read(struct scrub *scrub, uint64_t offset, unsigned char *to, size_t size,
               struct failure *why);

/* What will be found in a copy. */
struct scrub_forecast {
    struct scrub_counts words; /* scrub->counts when all of it has been handed out once */
    struct audit_figures figures;
    struct qemu_check qemu;
};

/*
 * Says beforehand what will be found in the copy. Costs nothing for an image that qemu opens and
 * that has no invalid elements, duplicates and suspect blocks, since its tables stay as they are;
 * otherwise the copy itself is audited.
 */
int scrub_predict(struct scrub *scrub, struct scrub_forecast *forecast, struct failure *why);

void scrub_free(struct scrub *scrub);

/* Whether a table is in the copy, in whatever form, where it is in the original. */
bool scrub_keeps_table(const struct scrub *scrub, const struct table_ref *table);

/* What is believed of a table. */
const struct table_belief *scrub_belief(const struct scrub *scrub, const struct table_ref *table);

/*
 * Whether a report may tell of the count elements from index on of the table at table_offset: not
 * where one is in a suspect block, or in a table that is not in the copy.
 */
bool scrub_may_tell(const struct scrub *scrub, uint64_t table_offset, uint64_t index,
                    uint64_t count);

/*
 * The end of the part of the source that begins at offset and is of one kind: header clusters, one
 * table (then *table says which, else NULL), or neither; at most end.
 */
uint64_t scrub_part_end(const struct scrub *scrub, uint64_t offset, uint64_t end,
                        const struct table_ref **table);

/*
 * Whether a word that stood where an offset should stand may be printed: only what has the form of
 * an offset, aligned and not absurdly large, since anything else may be the guest's.
 */
bool scrub_may_show(const struct geometry *geometry, uint64_t file_size, uint64_t word);

#endif
