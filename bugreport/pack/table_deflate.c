/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A general compressor looks for repetitions anywhere in the last 32 KiB. In a table of cluster
 * offsets that search is nearly all of its work, and finds little that is better than the nearest
 * place: a word resembles the word before it. In a file that grew in order
 *
 *     00 00 a1 17 05 00 00 00
 *     00 00 a2 17 05 00 00 00
 *
 * follow each other: one byte is new, seven are those of 8 bytes ago. So nothing else is looked
 * for. What differs from the byte 8 before it is a literal; three or more bytes in a row that do
 * not are a match at distance 8, the only distance that occurs; fewer are not worth a match.
 *
 *  1. find_literals(): a mask with a bit for each byte, set where it must be a literal;
 *  2. make_tokens(): the mask becomes tokens, "a match of so many bytes, then this literal", and
 *     how often each length and literal occurs is counted;
 *  3. make_code(): Huffman codes for these counts. Since there is one distance, a length stands for
 *     a whole match, and its code with extra bits and distance is made once, in advance;
 *  4. put_tokens(): two look-ups and one store for each token.
 *
 * The result is one dynamic Huffman block, or stored ones where that is no larger.
 */
#include "bugreport/pack/table_deflate.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/pack/bits.h"
#include "bugreport/pack/block_header.h"
#include "bugreport/pack/huffman.h"

#define WORD         8 /* bytes, and the distance of all matches */
#define LINE         64
#define SHORTEST     3
#define LONGEST      258
#define STORED_MOST  65535u
#define NO_LITERAL   256
#define END_OF_BLOCK 256
#define FIRST_LENGTH 257
#define LENGTH_CODES 29
#define SYMBOLS      BLOCK_HEADER_SYMBOLS
#define STORED       0u /* the kind of block; not the last one */

/* Distance 8 has the last of six codes, whose bit is 0 since no other is used; an extra bit, 1,
 * tells it from distance 7. */
#define DISTANCE_SIZE 2
#define DISTANCE_BITS 2u

/* A match length in the upper bits, 0 for none; below 9 bits of literal. */
#define TOKEN(length, literal) ((uint32_t)((length) << 9 | (literal)))
#define TOKEN_LENGTH(token)    ((token) >> 9)
#define TOKEN_LITERAL(token)   ((token)&511)

struct code {
    uint32_t bits; /* the first one lowest */
    uint32_t size; /* how many */
};

struct table_deflate {
    uint64_t mask[TABLE_DEFLATE_MOST / LINE + 1]; /* of literals, a bit for each byte */
    uint32_t tokens[TABLE_DEFLATE_MOST + 1];
    size_t token_count;
    uint32_t length_counts[LONGEST + 1], literal_counts[NO_LITERAL + 1];
    uint8_t sizes[BLOCK_HEADER_SIZES]; /* of the codes of all symbols, then of all distances */
    struct code lengths[LONGEST + 1], literals[NO_LITERAL + 1], end;
};

/* RFC 1951, 3.2.5: the shortest length of each length code, and its extra bits. */
static const uint16_t length_base[LENGTH_CODES + 1] = {
    3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23,  27,
    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258, LONGEST + 1};
static const uint8_t length_extra[LENGTH_CODES] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

/* A bit for each byte of a word that is not 0. */
static inline uint64_t bytes_set(uint64_t word)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t high_bits = (((word & low) + low) | word) & ~low;

    return (high_bits >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

/* A bit for each byte of a line that is that of a word before. */
static inline uint64_t equal_bytes(const unsigned char *line)
{
    uint64_t mask = 0;

    for (unsigned i = 0; i < LINE; i += WORD)
        mask |= bytes_set(bytes_load64(line + i) ^ bytes_load64(line + i - WORD)) << i;
    return ~mask;
}

/* The same where that would reach over an end of the bytes; what is outside is equal to nothing. */
static uint64_t equal_bytes_at_end(const unsigned char *bytes, size_t size, size_t line)
{
    uint64_t mask = 0;

    for (size_t i = line < WORD ? WORD : line; i < size && i < line + LINE; i++)
        mask |= (uint64_t)(bytes[i] == bytes[i - WORD]) << (i - line);
    return mask;
}

/* Where the third and later bytes of a row of equal ones are. */
static inline uint64_t row_ends(uint64_t here, uint64_t before)
{
    return here & (here << 1 | before >> 63) & (here << 2 | before >> 62);
}

/* Fills the mask; the last line's bits past the end are not set. */
static void find_literals(struct table_deflate *encoder, const unsigned char *bytes, size_t size)
{
    uint64_t here = equal_bytes_at_end(bytes, size, 0), ends = row_ends(here, 0);

    for (size_t line = 0; line < size; line += LINE) {
        size_t next = line + LINE;
        uint64_t after =
            next + LINE <= size ? equal_bytes(bytes + next) : equal_bytes_at_end(bytes, size, next);
        uint64_t next_ends = row_ends(after, here);
        uint64_t rows = ends | ends >> 1 | ends >> 2 | next_ends << 63 | next_ends << 62;

        encoder->mask[line / LINE] = ~rows;
        here = after;
        ends = next_ends;
    }
    if (size % LINE)
        encoder->mask[size / LINE] &= (UINT64_C(1) << size % LINE) - 1;
}

static inline uint32_t *add_token(struct table_deflate *encoder, uint32_t *at, size_t length,
                                  unsigned literal)
{
    encoder->length_counts[length]++;
    encoder->literal_counts[literal]++;
    *at = TOKEN(length, literal);
    return at + 1;
}

/* Cuts a match to a length that there is, leaving nothing or a possible match. */
static uint32_t *add_long_matches(struct table_deflate *encoder, uint32_t *at, size_t *length)
{
    while (*length > LONGEST) {
        size_t part = *length < LONGEST + SHORTEST ? LONGEST - SHORTEST : LONGEST;

        at = add_token(encoder, at, part, NO_LITERAL);
        *length -= part;
    }
    return at;
}

static void make_tokens(struct table_deflate *encoder, const unsigned char *bytes, size_t size)
{
    uint32_t *at = encoder->tokens;
    size_t done = 0, length;

    memset(encoder->length_counts, 0, sizeof(encoder->length_counts));
    memset(encoder->literal_counts, 0, sizeof(encoder->literal_counts));
    for (size_t line = 0; line < size; line += LINE) {
        uint64_t literals = encoder->mask[line / LINE];

        for (; literals; literals &= literals - 1) {
            size_t position = line + (unsigned)__builtin_ctzll(literals);

            length = position - done;
            if (length > LONGEST)
                at = add_long_matches(encoder, at, &length);
            at = add_token(encoder, at, length, bytes[position]);
            done = position + 1;
        }
    }
    length = size - done;
    at = add_long_matches(encoder, at, &length);
    if (length)
        at = add_token(encoder, at, length, NO_LITERAL);
    encoder->token_count = (size_t)(at - encoder->tokens);
}

/* Counts by symbol what was counted by length and literal. */
static void count_symbols(const struct table_deflate *encoder, uint32_t counts[SYMBOLS])
{
    memcpy(counts, encoder->literal_counts, NO_LITERAL * sizeof(*counts));
    counts[END_OF_BLOCK] = 1;
    for (unsigned i = 0; i < LENGTH_CODES; i++) {
        counts[FIRST_LENGTH + i] = 0;
        for (unsigned length = length_base[i]; length < length_base[i + 1]; length++)
            counts[FIRST_LENGTH + i] += encoder->length_counts[length];
    }
}

/* The code of each match, whole: length, extra bits, distance. */
static void make_length_codes(struct table_deflate *encoder, const uint16_t *codes)
{
    for (unsigned i = 0; i < LENGTH_CODES; i++) {
        unsigned code_size = encoder->sizes[FIRST_LENGTH + i], size = code_size + length_extra[i];

        for (unsigned length = length_base[i]; length < length_base[i + 1]; length++) {
            uint32_t bits = codes[FIRST_LENGTH + i] | (length - length_base[i]) << code_size;

            encoder->lengths[length] =
                (struct code){bits | DISTANCE_BITS << size, size + DISTANCE_SIZE};
        }
    }
}

static void make_code(struct table_deflate *encoder)
{
    uint32_t counts[SYMBOLS];
    uint16_t codes[SYMBOLS];

    count_symbols(encoder, counts);
    huffman_lengths(counts, SYMBOLS, HUFFMAN_MOST_BITS, encoder->sizes);
    huffman_codes(encoder->sizes, SYMBOLS, codes);
    memset(encoder->sizes + SYMBOLS, 0, BLOCK_HEADER_DISTANCES);
    encoder->sizes[BLOCK_HEADER_SIZES - 1] = 1;
    for (unsigned i = 0; i < NO_LITERAL; i++)
        encoder->literals[i] = (struct code){codes[i], encoder->sizes[i]};
    encoder->end = (struct code){codes[END_OF_BLOCK], encoder->sizes[END_OF_BLOCK]};
    make_length_codes(encoder, codes);
}

/* Bits that the tokens will need, the end of the block included. */
static uint64_t token_bits(const struct table_deflate *encoder)
{
    uint64_t total = encoder->end.size;

    for (unsigned i = 0; i <= LONGEST; i++)
        total += (uint64_t)encoder->length_counts[i] * encoder->lengths[i].size;
    for (unsigned i = 0; i < NO_LITERAL; i++)
        total += (uint64_t)encoder->literal_counts[i] * encoder->literals[i].size;
    return total;
}

static void put_tokens(struct bits *to, const struct table_deflate *encoder)
{
    struct bits out = *to;

    for (size_t i = 0; i < encoder->token_count; i++) {
        struct code match = encoder->lengths[TOKEN_LENGTH(encoder->tokens[i])];
        struct code literal = encoder->literals[TOKEN_LITERAL(encoder->tokens[i])];

        bits_put(&out, match.bits | (uint64_t)literal.bits << match.size,
                 match.size + literal.size);
    }
    bits_put(&out, encoder->end.bits, encoder->end.size);
    *to = out;
}

/* A stored block; one of no bytes is the joint, which brings the stream to the end of a byte. */
static void put_stored(struct bits *out, const unsigned char *bytes, size_t size)
{
    bits_put(out, STORED, 3);
    bits_put(out, 0, (8 - out->count) & 7);
    bits_put(out, size | (~size & 0xffff) << 16, 32);
    memcpy(out->at, bytes, size);
    out->at += size;
}

static void put_all_stored(struct bits *out, const unsigned char *bytes, size_t size)
{
    while (size > 0) {
        size_t part = size < STORED_MOST ? size : STORED_MOST;

        put_stored(out, bytes, part);
        bytes += part;
        size -= part;
    }
}

size_t table_deflate(struct table_deflate *encoder, const unsigned char *bytes, size_t size,
                     unsigned char *to)
{
    struct bits out = {.at = to};
    struct block_header header;

    find_literals(encoder, bytes, size);
    make_tokens(encoder, bytes, size);
    make_code(encoder);
    block_header_make(&header, encoder->sizes);
    if ((block_header_size(&header) + token_bits(encoder)) / 8 < size) {
        block_header_put(&header, &out);
        put_tokens(&out, encoder);
    } else {
        put_all_stored(&out, bytes, size);
    }
    put_stored(&out, bytes, 0);
    return (size_t)(out.at - to);
}

struct table_deflate *table_deflate_new(void)
{
    return calloc(1, sizeof(struct table_deflate));
}

void table_deflate_free(struct table_deflate *encoder)
{
    free(encoder);
}
