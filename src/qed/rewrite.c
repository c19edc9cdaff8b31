/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/rewrite.h"

#include <string.h>

#include "base/bytes.h"
#include "qed/kernel.h"
#include "qed/scrub.h"

/* After how many words that need a look each it is tried again whether some do not. */
#define WORDS_AT_ONCE 8

/*
 * What becomes of an invalid word: a marker, as invalid as it was; one that is a marker already
 * stays, so that a copy of a copy is the same. Where the word followed its predecessor by one
 * cluster so does what stands for it, which keeps qemu's count of fragmented clusters (after a
 * valid predecessor that is the cluster behind the end of the file, a number that says no more than
 * the file's length).
 */
static uint64_t marker_for(const struct rewriter *rewriter, enum table_level level, uint64_t word)
{
    const struct geometry *geometry = rewriter->geometry;
    uint64_t next = rewriter->last_out + geometry->cluster_size;

    if (marker_is(geometry, word))
        return word;
    if (level == TABLE_L1 || !rewriter->has_last ||
        rewriter->last_in + geometry->cluster_size != word)
        return STANDIN_MARKER;
    if (!marker_is(geometry, next) && !scrub_may_show(geometry, rewriter->file_size, next))
        return STANDIN_MARKER;
    return next;
}

/* The rewriting of a word: valid ones stay. */
static uint64_t rewrite_word(struct rewriter *rewriter, enum table_level level, uint64_t word,
                             struct scrub_counts *counts)
{
    enum element_class class = table_classify(rewriter->geometry, level, word, NULL);
    uint64_t out = word;

    if (class == ELEMENT_UNALLOCATED)
        return word;
    if (class == ELEMENT_INVALID)
        out = marker_for(rewriter, level, word);
    if (class != ELEMENT_ZERO) {
        rewriter->has_last = true;
        rewriter->last_in = word;
        rewriter->last_out = out;
    }
    if (out == word && !marker_is(rewriter->geometry, out))
        counts->kept++;
    else
        counts->rewritten++;
    return out;
}

/* Passes over the words that rewrite_word() would leave as they are; returns how many those are. */
static size_t keep_words(struct rewriter *rewriter, const unsigned char *bytes, size_t count,
                         struct scrub_counts *counts)
{
    const struct geometry *geometry = rewriter->geometry;
    uint64_t valid = 0, last = 0;
    size_t kept = kernel_plain_elements(geometry, bytes, count, &valid, &last);

    counts->kept += valid;
    if (valid) {
        rewriter->has_last = true;
        rewriter->last_in = rewriter->last_out = last;
    }
    return kept;
}

void rewrite_bytes(struct rewriter *rewriter, enum table_level level, unsigned char *bytes,
                   size_t size, struct scrub_counts *counts)
{
    size_t count = size / QED_ELEMENT_SIZE, cut = size % QED_ELEMENT_SIZE;
    unsigned char word[QED_ELEMENT_SIZE] = {0};

    for (size_t i = 0; i < count; i++) {
        unsigned char *place = bytes + i * QED_ELEMENT_SIZE;

        if (i % WORDS_AT_ONCE == 0 && level == TABLE_L2) {
            i += keep_words(rewriter, place, count - i, counts);
            place = bytes + i * QED_ELEMENT_SIZE;
        }
        if (i < count)
            bytes_store64(place, rewrite_word(rewriter, level, bytes_load64(place), counts));
    }
    if (cut > 0) {
        memcpy(word, bytes + count * QED_ELEMENT_SIZE, cut);
        rewriter_break(rewriter);
        bytes_store64(word, rewrite_word(rewriter, level, bytes_load64(word), counts));
        memcpy(bytes + count * QED_ELEMENT_SIZE, word, cut);
    }
}
