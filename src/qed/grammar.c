/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "qed/standin.h"

/* Offsets may be so large in any file. */
#define LARGEST_OFFSET (UINT64_C(1) << 46)

/* The check under way. */
struct parse {
    struct grammar *grammar;
    struct source *source;
    struct header header;
    struct geometry geometry;
    uint64_t l1_end, limit; /* of the L1 table; offsets are below */
    struct extents places;  /* header, L1 and what it points at: only there may data be */
};

/* Notes the first offence. 0, to be returned: what was wanted to know is known. */
__attribute__((format(printf, 3, 4))) static int offend(struct parse *parse, uint64_t offset,
                                                        const char *format, ...)
{
    va_list args;

    parse->grammar->holds = false;
    parse->grammar->offence = offset;
    va_start(args, format);
    vsnprintf(parse->grammar->what, sizeof(parse->grammar->what), format, args);
    va_end(args);
    return 0;
}

static int check_fields(struct parse *parse)
{
    const struct header *header = &parse->header;
    bool named = header->features & QED_F_BACKING_FILE;
    uint32_t faults = header_judge(header, parse->source->size);

    if (!header_geometry(header, parse->source->size, &parse->geometry) || !header_sound(faults))
        return offend(parse, 0, "the header is none that a metadata image can have");
    if (header->compat_features || header->autoclear_features)
        return offend(parse, QED_AT_COMPAT_FEATURES, "unknown feature bits");
    if (!named && header->features & QED_F_BACKING_FORMAT_NO_PROBE)
        return offend(parse, QED_AT_FEATURES, "a feature of a backing file without a name of one");
    if (header->backing_filename_offset != (named ? QED_HEADER_SIZE : 0) ||
        (header->backing_filename_size > 0) != named)
        return offend(parse, QED_AT_BACKING_FILENAME_OFFSET,
                      "a backing file name where there can be none");
    parse->grammar->name_size = header->backing_filename_size;
    return 1;
}

static int check_header(struct parse *parse, struct failure *why)
{
    unsigned char bytes[QED_HEADER_SIZE], again[QED_HEADER_SIZE];

    if (source_read(parse->source, 0, bytes, sizeof(bytes), why))
        return -1;
    header_decode(bytes, &parse->header);
    header_encode(&parse->header, again);
    if (memcmp(bytes, again, sizeof(bytes)) != 0)
        return offend(parse, 0, "the header holds more than its fields");
    return check_fields(parse);
}

/* Bytes of the header clusters: behind the fields and the name there are only zeros. */
static int check_rest(struct parse *parse, uint64_t offset, const unsigned char *bytes, size_t size)
{
    uint64_t used = QED_HEADER_SIZE + parse->grammar->name_size;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] && offset + i >= used)
            return offend(parse, offset + i, "something stands behind the header");
    }
    return 1;
}

/* Of a word that the end of the file cuts only the first bytes are there. */
static bool is_marker(const struct parse *parse, uint64_t word, size_t bytes)
{
    uint64_t above = word - STANDIN_MARKER;

    if (bytes < QED_ELEMENT_SIZE)
        above &= (UINT64_C(1) << 8 * bytes) - 1;
    return !(above & (parse->geometry.cluster_size - 1)) &&
           above >> parse->geometry.cluster_bits < parse->geometry.nelems;
}

static bool is_offset(const struct parse *parse, uint64_t word)
{
    return !(word & (parse->geometry.cluster_size - 1)) && word >= parse->geometry.header_end &&
           word < parse->limit;
}

static int add_table(struct parse *parse, uint64_t word, struct failure *why)
{
    if (!geometry_holds_table(&parse->geometry, word))
        return 1;
    parse->grammar->tables++;
    return extents_add(&parse->places, word, parse->geometry.table_size, why) ? -1 : 1;
}

/* A word other than 0 of which so many bytes are inside the file. */
static int check_word(struct parse *parse, uint64_t offset, uint64_t word, size_t bytes,
                      struct failure *why)
{
    bool in_l1 = offset >= parse->header.l1_table_offset && offset < parse->l1_end;

    if (is_offset(parse, word)) {
        parse->grammar->offsets++;
        return in_l1 ? add_table(parse, word, why) : 1;
    }
    if (word == QED_ZERO_CLUSTER && !in_l1)
        parse->grammar->zeros++;
    else if (is_marker(parse, word, bytes))
        parse->grammar->markers++;
    else
        return offend(parse, offset, "a word that is neither an offset nor a marker");
    return 1;
}

static int check_words(struct parse *parse, uint64_t offset, const unsigned char *bytes,
                       size_t size, struct failure *why)
{
    for (size_t i = 0; i < size; i += QED_ELEMENT_SIZE) {
        unsigned char last[QED_ELEMENT_SIZE] = {0};
        size_t there = size - i < sizeof(last) ? size - i : sizeof(last);
        uint64_t word;
        int good;

        if (there == sizeof(last)) {
            word = bytes_load64(bytes + i);
        } else {
            memcpy(last, bytes + i, there);
            word = bytes_load64(last);
        }
        if (word == 0)
            continue;
        good = check_word(parse, offset + i, word, there, why);
        if (good <= 0)
            return good;
    }
    return 1;
}

/* One piece of data, which is all header or has nothing of it. */
static int check_piece(struct parse *parse, const struct extent *piece, struct failure *why)
{
    size_t size = (size_t)piece->size;
    const unsigned char *bytes = source_range(parse->source, piece->offset, size, why);

    if (!bytes)
        return -1;
    parse->grammar->data += size;
    if (piece->offset < parse->geometry.header_end)
        return check_rest(parse, piece->offset, bytes, size);
    return check_words(parse, piece->offset, bytes, size, why);
}

/* The next piece of data at or after offset: 1, 0 at the end, -1 failed. */
static int next_piece(struct parse *parse, uint64_t offset, struct extent *piece,
                      struct failure *why)
{
    uint64_t header_end = parse->geometry.header_end;
    int found = source_data(parse->source, offset, parse->source->size, piece, why);

    if (found <= 0)
        return found;
    if (piece->offset < header_end && piece->size > header_end - piece->offset)
        piece->size = header_end - piece->offset;
    if (piece->size > SOURCE_CHUNK)
        piece->size = SOURCE_CHUNK;
    return 1;
}

static int check_data(struct parse *parse, struct failure *why)
{
    uint64_t at = 0;
    struct extent piece;
    int more;

    while ((more = next_piece(parse, at, &piece, why)) > 0) {
        int good = check_piece(parse, &piece, why);

        if (good <= 0)
            return good;
        at = piece.offset + piece.size;
    }
    return more < 0 ? -1 : 1;
}

/* Whether all data are in the places where they may be. */
static int check_places(struct parse *parse, struct failure *why)
{
    struct extents *places = &parse->places;
    uint64_t at = 0;
    struct extent data;
    int more;

    if (extents_add(places, 0, parse->geometry.header_end, why) ||
        extents_add(places, parse->header.l1_table_offset, parse->geometry.table_size, why))
        return -1;
    extents_sort(places);
    while ((more = source_data(parse->source, at, parse->source->size, &data, why)) > 0) {
        size_t i = extents_find(places, data.offset);
        uint64_t end = i < places->count ? places->list[i].offset + places->list[i].size : 0;

        if (end == 0 || places->list[i].offset > data.offset)
            return offend(parse, data.offset, "data where neither header nor a table is");
        at = end;
    }
    return more < 0 ? -1 : 1;
}

int grammar_check(struct grammar *grammar, struct source *source, struct failure *why)
{
    struct parse parse = {.grammar = grammar, .source = source};
    int good;

    *grammar = (struct grammar){.holds = true};
    good = check_header(&parse, why);
    if (good > 0) {
        parse.l1_end = parse.header.l1_table_offset + parse.geometry.table_size;
        parse.limit = source->size > LARGEST_OFFSET ? source->size : LARGEST_OFFSET;
        good = check_data(&parse, why);
    }
    if (good > 0)
        good = check_places(&parse, why);
    extents_free(&parse.places);
    return good < 0 ? -1 : 0;
}
