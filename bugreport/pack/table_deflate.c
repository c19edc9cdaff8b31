/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A general compressor looks for repetitions anywhere in the last 32 KiB. In a table of cluster
 * offsets that search is nearly all of its work, and finds little that is better than the nearest
 * place: a word resembles the word before it. In a file that grew in order
 *
 *     00 00 a1 17 05 00 00 00
 *     00 00 a2 17 05 00 00 00
 *
 * follow each other: one byte is new, seven are those of 8 bytes ago. So the first thing to look at
 * is the byte 8 before. Three or more bytes in a row that are equal to it are a "near" match, at
 * distance 8; fewer are not worth one. Of what is left, three or more that are equal to the bytes
 * 16 before are a "far" match: where a single word is out of order, the one behind it resembles the
 * one before it. All else is literal, and there is no other distance.
 *
 *  1. find_near(): a mask with a bit for each byte, set where no near match covers it;
 *  2. make_tokens(): the mask becomes tokens, "a match of so many bytes, then this literal", and
 *     how often each length and literal occurs is counted;
 *  3. make_code(): Huffman codes for these counts. The code of each match, with length, extra bits
 *     and distance, is put together once, in advance;
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

#define NEAR         8  /* bytes between the two ends of a near match, */
#define FAR          16 /* and of a far one */
#define WORD         8
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

/* A match is a number: the length of a near one, 0 for none, or FAR_MATCH and the length of a far
 * one. */
#define FAR_MATCH (LONGEST + 1)
#define MATCHES   (FAR_MATCH + LONGEST + 1)

/* A match in the upper bits; below 9 bits of literal. */
#define TOKEN(match, literal) ((uint32_t)((match) << 9 | (literal)))
#define TOKEN_MATCH(token)    ((token) >> 9)
#define TOKEN_LITERAL(token)  ((token)&511)

struct code {
    uint32_t bits; /* the first one lowest */
    uint32_t size; /* how many */
};

struct table_deflate {
    uint64_t mask[TABLE_DEFLATE_MOST / LINE + 1]; /* of bytes without near match */
    uint32_t tokens[TABLE_DEFLATE_MOST + 1];
    size_t token_count;
    uint32_t match_counts[MATCHES], literal_counts[NO_LITERAL + 1];
    uint8_t sizes[BLOCK_HEADER_SIZES]; /* of the codes of all symbols, then of all distances */
    struct code matches[MATCHES], literals[NO_LITERAL + 1], end;
};

/* Each distance has a code of one bit, the first one 0, and extra bits that are all 1. */
static const struct distance {
    unsigned code; /* 5 stands for distances 7 and 8, 7 for 13 to 16 */
    struct code bits;
} near = {5, {2, 2}}, far = {7, {7, 3}};

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
        mask |= bytes_set(bytes_load64(line + i) ^ bytes_load64(line + i - NEAR)) << i;
    return ~mask;
}

/* The same where that would reach over an end of the bytes; what is outside is equal to nothing. */
static uint64_t equal_bytes_at_end(const unsigned char *bytes, size_t size, size_t line)
{
    uint64_t mask = 0;

    for (size_t i = line < NEAR ? NEAR : line; i < size && i < line + LINE; i++)
        mask |= (uint64_t)(bytes[i] == bytes[i - NEAR]) << (i - line);
    return mask;
}

/* Where the third and later bytes of a row of equal ones are. */
static inline uint64_t row_ends(uint64_t here, uint64_t before)
{
    return here & (here << 1 | before >> 63) & (here << 2 | before >> 62);
}

/* Fills the mask; the last line's bits past the end are not set. */
static void find_near(struct table_deflate *encoder, const unsigned char *bytes, size_t size)
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

/* Where the second step is. */
struct parser {
    struct table_deflate *encoder;
    const unsigned char *bytes;
    size_t size, done; /* bytes */
    uint32_t *token;   /* the next one */
};

static inline void add_token(struct parser *parser, size_t match, unsigned literal)
{
    parser->encoder->match_counts[match]++;
    parser->encoder->literal_counts[literal]++;
    *parser->token++ = TOKEN(match, literal);
}

/* Leaves a near match of a length that there is, or none: the rest of it becomes tokens. */
static void trim_near(struct parser *parser, size_t position)
{
    while (position - parser->done > LONGEST) {
        size_t left = position - parser->done;
        size_t length = left < LONGEST + SHORTEST ? LONGEST - SHORTEST : LONGEST;

        add_token(parser, length, NO_LITERAL);
        parser->done += length;
    }
    while (position - parser->done < SHORTEST && parser->done < position)
        add_token(parser, 0, parser->bytes[parser->done++]);
}

/* The near match that ends at position. A far one may have left too little of it. */
static inline size_t near_match(struct parser *parser, size_t position)
{
    size_t length = position - parser->done;

    if (length <= LONGEST && length != 1 && length != 2)
        return length;
    trim_near(parser, position);
    return position - parser->done;
}

/* Of the far match that begins at position, 0 if there is none. */
static inline size_t far_match(const struct parser *parser, size_t position)
{
    const unsigned char *here = parser->bytes + position;
    size_t left = parser->size - position, length = SHORTEST;

    if (position < FAR || left < 4 || (bytes_load32(here) ^ bytes_load32(here - FAR)) & 0xffffff)
        return 0;
    left = left < LONGEST ? left : LONGEST;
    while (length < left && here[length] == (here - FAR)[length])
        length++;
    return length;
}

/* A byte that no near match covers, and all before it. */
static inline void parse_byte(struct parser *parser, size_t position)
{
    size_t before = near_match(parser, position), length = far_match(parser, position);

    if (length) {
        if (before)
            add_token(parser, before, NO_LITERAL);
        add_token(parser, FAR_MATCH + length, NO_LITERAL);
        parser->done = position + length;
    } else {
        add_token(parser, before, parser->bytes[position]);
        parser->done = position + 1;
    }
}

static void make_tokens(struct table_deflate *encoder, const unsigned char *bytes, size_t size)
{
    struct parser parser = {encoder, bytes, size, 0, encoder->tokens};

    memset(encoder->match_counts, 0, sizeof(encoder->match_counts));
    memset(encoder->literal_counts, 0, sizeof(encoder->literal_counts));
    for (size_t line = 0; line < size; line += LINE) {
        for (uint64_t mask = encoder->mask[line / LINE]; mask; mask &= mask - 1) {
            size_t position = line + (unsigned)__builtin_ctzll(mask);

            if (position >= parser.done)
                parse_byte(&parser, position);
        }
    }
    add_token(&parser, near_match(&parser, size), NO_LITERAL);
    encoder->token_count = (size_t)(parser.token - encoder->tokens);
}

/* Counts by symbol what was counted by length and literal. */
static void count_symbols(const struct table_deflate *encoder, uint32_t counts[SYMBOLS])
{
    memcpy(counts, encoder->literal_counts, NO_LITERAL * sizeof(*counts));
    counts[END_OF_BLOCK] = 1;
    for (unsigned i = 0; i < LENGTH_CODES; i++) {
        counts[FIRST_LENGTH + i] = 0;
        for (unsigned length = length_base[i]; length < length_base[i + 1]; length++)
            counts[FIRST_LENGTH + i] +=
                encoder->match_counts[length] + encoder->match_counts[FAR_MATCH + length];
    }
}

static struct code join_codes(struct code first, struct code second)
{
    return (struct code){first.bits | second.bits << first.size, first.size + second.size};
}

static void make_match_codes(struct table_deflate *encoder, const uint16_t *codes)
{
    for (unsigned i = 0; i < LENGTH_CODES; i++) {
        struct code symbol = {codes[FIRST_LENGTH + i], encoder->sizes[FIRST_LENGTH + i]};

        for (unsigned length = length_base[i]; length < length_base[i + 1]; length++) {
            struct code extra = {length - length_base[i], length_extra[i]};
            struct code whole = join_codes(symbol, extra);

            encoder->matches[length] = join_codes(whole, near.bits);
            encoder->matches[FAR_MATCH + length] = join_codes(whole, far.bits);
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
    encoder->sizes[SYMBOLS + near.code] = encoder->sizes[SYMBOLS + far.code] = 1;
    for (unsigned i = 0; i < NO_LITERAL; i++)
        encoder->literals[i] = (struct code){codes[i], encoder->sizes[i]};
    encoder->end = (struct code){codes[END_OF_BLOCK], encoder->sizes[END_OF_BLOCK]};
    make_match_codes(encoder, codes);
}

/* Bits that the tokens will need, the end of the block included. */
static uint64_t token_bits(const struct table_deflate *encoder)
{
    uint64_t total = encoder->end.size;

    for (unsigned i = 0; i < MATCHES; i++)
        total += (uint64_t)encoder->match_counts[i] * encoder->matches[i].size;
    for (unsigned i = 0; i < NO_LITERAL; i++)
        total += (uint64_t)encoder->literal_counts[i] * encoder->literals[i].size;
    return total;
}

static void put_tokens(struct bits *to, const struct table_deflate *encoder)
{
    struct bits out = *to;

    for (size_t i = 0; i < encoder->token_count; i++) {
        struct code match = encoder->matches[TOKEN_MATCH(encoder->tokens[i])];
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

    find_near(encoder, bytes, size);
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
