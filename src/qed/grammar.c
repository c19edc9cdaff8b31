/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "qed/kernel.h"
#include "qed/standin.h"

/* Offsets may be so large in any file. */
#define LARGEST_OFFSET (UINT64_C(1) << 46)

/* After how many bytes of words that need a look each it is tried again whether some do not. */
#define WORDS_AT_ONCE ((size_t)8 * QED_ELEMENT_SIZE)

/* Notes the first offence. 0, to be returned: what was wanted to know is known. */
__attribute__((format(printf, 3, 4))) static int offend(struct grammar_reader *reader,
                                                        uint64_t offset, const char *format, ...)
{
    va_list args;

    reader->grammar->holds = false;
    reader->grammar->offence = offset;
    va_start(args, format);
    vsnprintf(reader->grammar->what, sizeof(reader->grammar->what), format, args);
    va_end(args);
    return 0;
}

static int check_fields(struct grammar_reader *reader)
{
    const struct header *header = &reader->header;
    bool named = header->features & QED_F_BACKING_FILE;
    uint32_t faults = header_judge(header, reader->size);

    if (!header_geometry(header, reader->size, &reader->geometry) || !header_sound(faults))
        return offend(reader, 0, "the header is none that a metadata image can have");
    if (header->compat_features || header->autoclear_features)
        return offend(reader, QED_AT_COMPAT_FEATURES, "unknown feature bits");
    if (!named && header->features & QED_F_BACKING_FORMAT_NO_PROBE)
        return offend(reader, QED_AT_FEATURES, "a feature of a backing file without a name of one");
    if (header->backing_filename_offset != (named ? QED_HEADER_SIZE : 0) ||
        (header->backing_filename_size > 0) != named)
        return offend(reader, QED_AT_BACKING_FILENAME_OFFSET,
                      "a backing file name where there can be none");
    reader->grammar->name_size = header->backing_filename_size;
    return 1;
}

static int check_header(struct grammar_reader *reader)
{
    unsigned char again[QED_HEADER_SIZE];

    header_decode(reader->head, &reader->header);
    header_encode(&reader->header, again);
    if (memcmp(reader->head, again, sizeof(again)) != 0)
        return offend(reader, 0, "the header holds more than its fields");
    if (!check_fields(reader))
        return 0;
    reader->l1_end = reader->header.l1_table_offset + reader->geometry.table_size;
    return 1;
}

/* The header first: nothing else can be judged without it. What of it is hole is zeros. */
static int take_head(struct grammar_reader *reader, uint64_t offset, const unsigned char *bytes,
                     size_t size)
{
    if (offset < sizeof(reader->head)) {
        size_t room = sizeof(reader->head) - (size_t)offset, part = size < room ? size : room;

        memcpy(reader->head + offset, bytes, part);
        reader->head_size = (size_t)offset + part;
        if (part < room)
            return 1;
    }
    reader->head_size = sizeof(reader->head);
    return check_header(reader);
}

/* Bytes of the header clusters: behind the fields and the name there are only zeros. */
static int check_rest(struct grammar_reader *reader, uint64_t offset, const unsigned char *bytes,
                      size_t size)
{
    uint64_t used = QED_HEADER_SIZE + reader->grammar->name_size;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] && offset + i >= used)
            return offend(reader, offset + i, "something stands behind the header");
    }
    return 1;
}

/* Of a word that the end of the file cuts only the first bytes are there. */
static bool is_marker(const struct grammar_reader *reader, uint64_t word, size_t bytes)
{
    uint64_t above = word - STANDIN_MARKER;

    if (bytes < QED_ELEMENT_SIZE)
        above &= (UINT64_C(1) << 8 * bytes) - 1;
    return !(above & (reader->geometry.cluster_size - 1)) &&
           above >> reader->geometry.cluster_bits < reader->geometry.nelems;
}

static bool is_offset(const struct grammar_reader *reader, uint64_t word)
{
    return !(word & (reader->geometry.cluster_size - 1)) && word >= reader->geometry.header_end &&
           word < reader->limit;
}

static int add_table(struct grammar_reader *reader, uint64_t word, struct failure *why)
{
    if (!geometry_holds_table(&reader->geometry, word))
        return 1;
    reader->grammar->tables++;
    return extents_add(&reader->places, word, reader->geometry.table_size, why) ? -1 : 1;
}

/* A word other than 0 of which so many bytes are inside the file. */
static int check_word(struct grammar_reader *reader, uint64_t offset, uint64_t word, size_t bytes,
                      struct failure *why)
{
    bool in_l1 = offset >= reader->header.l1_table_offset && offset < reader->l1_end;

    if (is_offset(reader, word)) {
        reader->grammar->offsets++;
        return in_l1 ? add_table(reader, word, why) : 1;
    }
    if (word == QED_ZERO_CLUSTER && !in_l1)
        reader->grammar->zeros++;
    else if (is_marker(reader, word, bytes))
        reader->grammar->markers++;
    else
        return offend(reader, offset, "a word that is neither an offset nor a marker");
    return 1;
}

/* The word that was gathered: whole, or the last of the file, of which less is there. */
static int end_word(struct grammar_reader *reader, struct failure *why)
{
    size_t size = reader->word_size;
    uint64_t word;

    memset(reader->word + size, 0, sizeof(reader->word) - size);
    reader->word_size = 0;
    word = bytes_load64(reader->word);
    return word ? check_word(reader, reader->word_offset, word, size, why) : 1;
}

static int take_byte(struct grammar_reader *reader, uint64_t offset, unsigned char byte,
                     struct failure *why)
{
    if (reader->word_size == 0)
        reader->word_offset = offset;
    reader->word[reader->word_size++] = byte;
    return reader->word_size == sizeof(reader->word) ? end_word(reader, why) : 1;
}

/* Passes over offsets outside of the L1 table; returns how many bytes those are. */
static size_t pass_offsets(struct grammar_reader *reader, uint64_t offset,
                           const unsigned char *bytes, size_t size)
{
    uint64_t valid = 0, last;
    size_t passed;

    if (offset < reader->l1_end && offset + size > reader->header.l1_table_offset)
        return 0;
    passed =
        kernel_plain_elements(&reader->geometry, bytes, size / QED_ELEMENT_SIZE, &valid, &last);
    reader->grammar->offsets += valid;
    return passed * QED_ELEMENT_SIZE;
}

/* Words as they come; those that a piece cuts byte by byte. */
static int take_words(struct grammar_reader *reader, uint64_t offset, const unsigned char *bytes,
                      size_t size, struct failure *why)
{
    size_t at = 0;
    int good = 1;

    if (reader->word_size > 0 && offset != reader->word_offset + reader->word_size)
        good = end_word(reader, why);
    while (good > 0 && at < size) {
        uint64_t word;

        if (reader->word_size > 0 || size - at < sizeof(word)) {
            good = take_byte(reader, offset + at, bytes[at], why);
            at++;
            continue;
        }
        if (at % WORDS_AT_ONCE == 0)
            at += pass_offsets(reader, offset + at, bytes + at, size - at);
        if (size - at < sizeof(word))
            continue;
        word = bytes_load64(bytes + at);
        if (word)
            good = check_word(reader, offset + at, word, sizeof(word), why);
        at += sizeof(word);
    }
    return good;
}

/* Header clusters and what is behind them. */
static int take_rest(struct grammar_reader *reader, uint64_t offset, const unsigned char *bytes,
                     size_t size, struct failure *why)
{
    uint64_t header_end = reader->geometry.header_end;

    if (offset < header_end) {
        size_t part = size < header_end - offset ? size : (size_t)(header_end - offset);

        if (!check_rest(reader, offset, bytes, part))
            return 0;
        offset += part;
        bytes += part;
        size -= part;
    }
    return size > 0 ? take_words(reader, offset, bytes, size, why) : 1;
}

/* Whether all data are in the places where they may be. */
static int check_places(struct grammar_reader *reader, const struct extents *data,
                        struct failure *why)
{
    struct extents *places = &reader->places;

    if (extents_add(places, 0, reader->geometry.header_end, why) ||
        extents_add(places, reader->header.l1_table_offset, reader->geometry.table_size, why))
        return -1;
    extents_sort(places);
    for (size_t n = 0; n < data->count; n++) {
        uint64_t at = data->list[n].offset, end = at + data->list[n].size;

        while (at < end) {
            size_t i = extents_find(places, at);

            if (i == places->count || places->list[i].offset > at)
                return offend(reader, at, "data where neither header nor a table is");
            at = places->list[i].offset + places->list[i].size;
        }
    }
    return 1;
}

void grammar_begin(struct grammar_reader *reader, struct grammar *grammar, uint64_t size)
{
    *grammar = (struct grammar){.holds = true};
    *reader = (struct grammar_reader){.grammar = grammar, .size = size};
    reader->limit = size > LARGEST_OFFSET ? size : LARGEST_OFFSET;
}

int grammar_take(struct grammar_reader *reader, uint64_t offset, const unsigned char *bytes,
                 size_t size, struct failure *why)
{
    int good = reader->grammar->holds;

    reader->grammar->data += size;
    if (good && reader->head_size < sizeof(reader->head))
        good = take_head(reader, offset, bytes, size);
    if (good && reader->head_size == sizeof(reader->head))
        good = take_rest(reader, offset, bytes, size, why);
    return good < 0 ? -1 : 0;
}

int grammar_end(struct grammar_reader *reader, const struct extents *data, struct failure *why)
{
    int good = reader->grammar->holds;

    if (good && reader->head_size < sizeof(reader->head))
        good = take_head(reader, sizeof(reader->head), reader->head, 0);
    if (good && reader->word_size > 0)
        good = end_word(reader, why);
    if (good > 0)
        good = check_places(reader, data, why);
    return good < 0 ? -1 : 0;
}

void grammar_free(struct grammar_reader *reader)
{
    extents_free(&reader->places);
}

static int take_all(struct grammar_reader *reader, struct source *source, struct extents *data,
                    struct failure *why)
{
    uint64_t at = 0;
    struct extent piece;
    int more;

    while ((more = source_data(source, at, source->size, &piece, why)) > 0) {
        const unsigned char *bytes;

        if (piece.size > SOURCE_CHUNK)
            piece.size = SOURCE_CHUNK;
        bytes = source_range(source, piece.offset, (size_t)piece.size, why);
        if (!bytes || extents_add(data, piece.offset, piece.size, why) ||
            grammar_take(reader, piece.offset, bytes, (size_t)piece.size, why))
            return -1;
        at = piece.offset + piece.size;
    }
    return more;
}

int grammar_check(struct grammar *grammar, struct source *source, struct failure *why)
{
    struct grammar_reader reader;
    struct extents data = {0};
    int result = -1;

    grammar_begin(&reader, grammar, source->size);
    if (!take_all(&reader, source, &data, why))
        result = grammar_end(&reader, &data, why);
    extents_free(&data);
    grammar_free(&reader);
    return result;
}
