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
 *  1. mark(): a bit for each byte that no near match covers, and for each at which a far match can
 *     begin;
 *  2. make_tokens(): the marks become tokens, "a match of so many bytes, then this literal", and
 * how often each length and literal occurs is counted;
 *  3. make_code(): Huffman codes for these counts. The code of each match, with length, extra bits
 *     and distance, is put together once, in advance;
 *  4. put_tokens(): two look-ups for each token, one store for every three.
 *
 * The result is one dynamic Huffman block, or stored ones where that is no larger.
 */
#include "bugreport/pack/table_deflate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/pack/bits.h"
#include "bugreport/pack/block_header.h"
#include "bugreport/pack/equal_bytes.h"
#include "bugreport/pack/huffman.h"

#define NEAR         8  /* bytes between the two ends of a near match, */
#define FAR          16 /* and of a far one */
#define LINE         EQUAL_BYTES_LINE
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
    uint64_t bits; /* the first one lowest */
    unsigned size; /* how many */
};

/* A code in one word: its bits above 6 that hold the size. Sizes can be added as they are. */
#define PACKED(bits, size) ((uint64_t)(bits) << 6 | (size))
#define PACKED_BITS(word)  ((word) >> 6)
#define PACKED_SIZE(word)  ((unsigned)(word)&63)

/* Of the bytes of a line, the first one lowest. */
struct marks {
    uint64_t open; /* no near match covers it */
    uint64_t far;  /* a far match can begin here */
};

struct table_deflate {
    struct marks marks[TABLE_DEFLATE_MOST / LINE + 1];
    uint32_t tokens[TABLE_DEFLATE_MOST + 1];
    size_t token_count;
    uint32_t match_counts[MATCHES], literal_counts[NO_LITERAL + 1];
    uint8_t sizes[BLOCK_HEADER_SIZES]; /* of the codes of all symbols, then of all distances */
    uint64_t matches[MATCHES], literals[NO_LITERAL + 1]; /* packed codes */
    struct code end;
};

/* Each distance has a code of one bit, the first one 0, and extra bits that are all 1. */
static const struct distance {
    unsigned symbol; /* 5 stands for distances 7 and 8, 7 for 13 to 16 */
    struct code code;
} near = {5, {2, 2}}, far = {7, {7, 3}};

/* RFC 1951, 3.2.5: the shortest length of each length code, and its extra bits. */
static const uint16_t length_base[LENGTH_CODES + 1] = {
    3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23,  27,
    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258, LONGEST + 1};
static const uint8_t length_extra[LENGTH_CODES] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

/* A bit for each byte of a line that is the one distance bytes before; what is outside of the bytes
 * is equal to nothing. */
static inline uint64_t equal_in_line(const unsigned char *bytes, size_t size, size_t line,
                                     size_t distance)
{
    uint64_t equal = 0;

    if (line >= distance && line + LINE <= size)
        return equal_bytes(bytes + line, distance);
    for (size_t i = line < distance ? distance : line; i < size && i < line + LINE; i++)
        equal |= (uint64_t)(bytes[i] == bytes[i - distance]) << (i - line);
    return equal;
}

/* Where three equal bytes in a row begin. */
static inline uint64_t row_starts(uint64_t here, uint64_t after)
{
    return here & (here >> 1 | after << 63) & (here >> 2 | after << 62);
}

/* No byte past the end is marked. */
static void mark(struct table_deflate *encoder, const unsigned char *bytes, size_t size)
{
    uint64_t near_here = equal_in_line(bytes, size, 0, NEAR), before = 0;
    uint64_t far_here = equal_in_line(bytes, size, 0, FAR);

    for (size_t line = 0; line < size; line += LINE) {
        uint64_t near_after = equal_in_line(bytes, size, line + LINE, NEAR);
        uint64_t far_after = equal_in_line(bytes, size, line + LINE, FAR);
        uint64_t starts = row_starts(near_here, near_after);
        uint64_t covered = starts | starts << 1 | starts << 2 | before >> 63 | before >> 62;

        encoder->marks[line / LINE] = (struct marks){~covered, row_starts(far_here, far_after)};
        before = starts;
        near_here = near_after;
        far_here = far_after;
    }
    if (size % LINE)
        encoder->marks[size / LINE].open &= (UINT64_C(1) << size % LINE) - 1;
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

/* Leaves a near match of a length that there is, or none: the rest of it becomes tokens. The parser
 * is passed as a value, so that its members can stay in registers elsewhere. */
static struct parser trim_near(struct parser parser, size_t position)
{
    while (position - parser.done > LONGEST) {
        size_t left = position - parser.done;
        size_t length = left < LONGEST + SHORTEST ? LONGEST - SHORTEST : LONGEST;

        add_token(&parser, length, NO_LITERAL);
        parser.done += length;
    }
    while (position - parser.done < SHORTEST && parser.done < position)
        add_token(&parser, 0, parser.bytes[parser.done++]);
    return parser;
}

/* The near match that ends at position. A far one may have left too little of it. */
static inline size_t near_match(struct parser *parser, size_t position)
{
    size_t length = position - parser->done;

    if (length <= LONGEST && length != 1 && length != 2)
        return length;
    *parser = trim_near(*parser, position);
    return position - parser->done;
}

/* How long the far match is that begins at position. */
static inline size_t far_match(const struct parser *parser, size_t position)
{
    const unsigned char *here = parser->bytes + position;
    size_t left = parser->size - position, length = SHORTEST;

    left = left < LONGEST ? left : LONGEST;
    while (length < left && here[length] == (here - FAR)[length])
        length++;
    return length;
}

/* A byte that no near match covers, and all before it. */
static inline void parse_byte(struct parser *parser, size_t position, bool is_far)
{
    size_t before = near_match(parser, position), length;

    if (is_far) {
        length = far_match(parser, position);
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
        struct marks marks = encoder->marks[line / LINE];

        for (; marks.open; marks.open &= marks.open - 1) {
            unsigned i = (unsigned)__builtin_ctzll(marks.open);

            if (line + i >= parser.done)
                parse_byte(&parser, line + i, marks.far >> i & 1);
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

static inline struct code join_codes(struct code first, struct code second)
{
    return (struct code){first.bits | second.bits << first.size, first.size + second.size};
}

static uint64_t join_packed(struct code first, struct code second)
{
    struct code code = join_codes(first, second);

    return PACKED(code.bits, code.size);
}

static void make_match_codes(struct table_deflate *encoder, const uint16_t *codes)
{
    for (unsigned i = 0; i < LENGTH_CODES; i++) {
        struct code symbol = {codes[FIRST_LENGTH + i], encoder->sizes[FIRST_LENGTH + i]};

        for (unsigned length = length_base[i]; length < length_base[i + 1]; length++) {
            struct code extra = {length - length_base[i], length_extra[i]};
            struct code whole = join_codes(symbol, extra);

            encoder->matches[length] = join_packed(whole, near.code);
            encoder->matches[FAR_MATCH + length] = join_packed(whole, far.code);
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
    encoder->sizes[SYMBOLS + near.symbol] = encoder->sizes[SYMBOLS + far.symbol] = 1;
    for (unsigned i = 0; i < NO_LITERAL; i++)
        encoder->literals[i] = PACKED(codes[i], encoder->sizes[i]);
    encoder->end = (struct code){codes[END_OF_BLOCK], encoder->sizes[END_OF_BLOCK]};
    make_match_codes(encoder, codes);
}

/* Bits that the tokens will need, the end of the block included. */
static uint64_t token_bits(const struct table_deflate *encoder)
{
    uint64_t total = encoder->end.size;

    for (unsigned i = 0; i < MATCHES; i++)
        total += (uint64_t)encoder->match_counts[i] * PACKED_SIZE(encoder->matches[i]);
    for (unsigned i = 0; i < NO_LITERAL; i++)
        total += (uint64_t)encoder->literal_counts[i] * PACKED_SIZE(encoder->literals[i]);
    return total;
}

static inline struct code token_code(const struct table_deflate *encoder, uint32_t token)
{
    uint64_t match = encoder->matches[TOKEN_MATCH(token)];
    uint64_t literal = encoder->literals[TOKEN_LITERAL(token)];

    return (struct code){PACKED_BITS(match) | PACKED_BITS(literal) << PACKED_SIZE(match),
                         PACKED_SIZE(match + literal)};
}

static inline void put_code(struct bits *out, struct code code)
{
    bits_put(out, code.bits, code.size);
}

static void put_tokens(struct bits *to, const struct table_deflate *encoder)
{
    const uint32_t *token = encoder->tokens, *end = token + encoder->token_count;
    struct bits out = *to;

    for (; end - token >= 3; token += 3) {
        struct code first = token_code(encoder, token[0]), second = token_code(encoder, token[1]);
        struct code third = token_code(encoder, token[2]);

        if (first.size + second.size + third.size <= BITS_MOST) {
            put_code(&out, join_codes(join_codes(first, second), third));
        } else {
            put_code(&out, first);
            put_code(&out, second);
            put_code(&out, third);
        }
    }
    for (; token < end; token++)
        put_code(&out, token_code(encoder, *token));
    put_code(&out, encoder->end);
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

    mark(encoder, bytes, size);
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
