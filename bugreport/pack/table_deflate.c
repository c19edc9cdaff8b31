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

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "bugreport/pack/huffman.h"

#define WORD          8 /* bytes, and the distance of all matches */
#define LINE          64
#define SHORTEST      3
#define LONGEST       258
#define STORED_MOST   65535u
#define NO_LITERAL    256
#define END_OF_BLOCK  256
#define FIRST_LENGTH  257
#define LENGTH_CODES  29
#define SYMBOLS       (FIRST_LENGTH + LENGTH_CODES)
#define DISTANCES     6 /* the last one of them stands for 7 and 8, told apart by an extra bit */
#define DISTANCE_SIZE 2 /* bits: its code, which is 0 since there is no other, and a 1 */
#define DISTANCE_BITS 2u
#define CODES         (SYMBOLS + DISTANCES)
#define BLOCK_STORED  0u /* its first three bits: not the last one, and its kind */
#define BLOCK_DYNAMIC 4u

#define SHORTHAND_SYMBOLS   19
#define SHORTHAND_MOST_BITS 7

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
    uint8_t sizes[CODES]; /* of the codes of all symbols, then of all distances */
    struct code lengths[LONGEST + 1], literals[NO_LITERAL + 1], end;
};

/* RFC 1951, 3.2.5: the shortest length of each length code, and its extra bits. */
static const uint16_t length_base[LENGTH_CODES + 1] = {
    3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23,  27,
    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258, LONGEST + 1};
static const uint8_t length_extra[LENGTH_CODES] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};

/* Bits under way to memory. */
struct bits {
    uint64_t waiting; /* the oldest one lowest */
    unsigned count;   /* below 8 between calls */
    unsigned char *at;
};

/* Appends up to 56 bits; 8 bytes are written, whatever is needed of them. */
static inline void put_bits(struct bits *out, uint64_t bits, unsigned size)
{
    out->waiting |= bits << out->count;
    out->count += size;
    bytes_store64(out->at, out->waiting);
    out->at += out->count >> 3;
    out->waiting >>= out->count & 56;
    out->count &= 7;
}

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
    memset(encoder->sizes + SYMBOLS, 0, DISTANCES - 1);
    encoder->sizes[CODES - 1] = 1;
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

/*
 * The sizes of all codes, in the shorthand of RFC 1951, 3.2.7: a size, or one of three symbols for
 * a run, whose length follows. The shorthand has a code of its own, whose sizes come first.
 */
struct shorthand {
    uint8_t symbols[CODES], run_bits[CODES];
    size_t count;
    uint8_t sizes[SHORTHAND_SYMBOLS];
    size_t sizes_told; /* in the order of shorthand_order[] */
};

enum { REPEAT_LAST = 16, REPEAT_ZERO, REPEAT_ZERO_LONG };

static const uint8_t shorthand_order[SHORTHAND_SYMBOLS] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                           11, 4,  12, 3, 13, 2, 14, 1, 15};
static const uint8_t shorthand_extra[SHORTHAND_SYMBOLS] = {
    [REPEAT_LAST] = 2, [REPEAT_ZERO] = 3, [REPEAT_ZERO_LONG] = 7};

static size_t add_run(struct shorthand *to, unsigned symbol, size_t run, size_t least, size_t most)
{
    size_t length = run < most ? run : most;

    to->symbols[to->count] = (uint8_t)symbol;
    to->run_bits[to->count++] = (uint8_t)(length - least);
    return length;
}

/* Adds a size that comes run times, or the beginning of the run, and returns how much of it. */
static size_t add_size(struct shorthand *to, unsigned size, size_t run, bool is_last)
{
    if (size == 0 && run >= 11)
        return add_run(to, REPEAT_ZERO_LONG, run, 11, 138);
    if (size == 0 && run >= 3)
        return add_run(to, REPEAT_ZERO, run, 3, 10);
    if (is_last && run >= 3)
        return add_run(to, REPEAT_LAST, run, 3, 6);
    return add_run(to, size, 1, 1, 1);
}

static void make_shorthand(struct shorthand *to, const uint8_t sizes[CODES])
{
    uint32_t counts[SHORTHAND_SYMBOLS] = {0};
    size_t at = 0;

    to->count = 0;
    while (at < CODES) {
        size_t run = 1;

        while (at + run < CODES && sizes[at + run] == sizes[at])
            run++;
        at += add_size(to, sizes[at], run, at > 0 && sizes[at] == sizes[at - 1]);
        counts[to->symbols[to->count - 1]]++;
    }
    huffman_lengths(counts, SHORTHAND_SYMBOLS, SHORTHAND_MOST_BITS, to->sizes);
    to->sizes_told = SHORTHAND_SYMBOLS;
    while (!to->sizes[shorthand_order[to->sizes_told - 1]])
        to->sizes_told--;
}

/* Bits of a block's header, which put_header() writes. */
static uint64_t header_bits(const struct shorthand *shorthand)
{
    uint64_t total = 3 + 5 + 5 + 4 + 3 * shorthand->sizes_told;

    for (size_t i = 0; i < shorthand->count; i++)
        total += shorthand->sizes[shorthand->symbols[i]] + shorthand_extra[shorthand->symbols[i]];
    return total;
}

static void put_header(struct bits *out, const struct shorthand *shorthand)
{
    uint16_t codes[SHORTHAND_SYMBOLS];

    huffman_codes(shorthand->sizes, SHORTHAND_SYMBOLS, codes);
    put_bits(out, BLOCK_DYNAMIC, 3);
    put_bits(out, SYMBOLS - 257, 5);
    put_bits(out, DISTANCES - 1, 5);
    put_bits(out, shorthand->sizes_told - 4, 4);
    for (size_t i = 0; i < shorthand->sizes_told; i++)
        put_bits(out, shorthand->sizes[shorthand_order[i]], 3);
    for (size_t i = 0; i < shorthand->count; i++) {
        unsigned symbol = shorthand->symbols[i];

        put_bits(out, codes[symbol], shorthand->sizes[symbol]);
        put_bits(out, shorthand->run_bits[i], shorthand_extra[symbol]);
    }
}

static void put_tokens(struct bits *to, const struct table_deflate *encoder)
{
    struct bits out = *to;

    for (size_t i = 0; i < encoder->token_count; i++) {
        struct code match = encoder->lengths[TOKEN_LENGTH(encoder->tokens[i])];
        struct code literal = encoder->literals[TOKEN_LITERAL(encoder->tokens[i])];

        put_bits(&out, match.bits | (uint64_t)literal.bits << match.size,
                 match.size + literal.size);
    }
    put_bits(&out, encoder->end.bits, encoder->end.size);
    *to = out;
}

/* A stored block; one of no bytes is the joint, which brings the stream to the end of a byte. */
static void put_stored(struct bits *out, const unsigned char *bytes, size_t size)
{
    put_bits(out, BLOCK_STORED, 3);
    put_bits(out, 0, (8 - out->count) & 7);
    put_bits(out, size | (~size & 0xffff) << 16, 32);
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
    struct shorthand shorthand;

    find_literals(encoder, bytes, size);
    make_tokens(encoder, bytes, size);
    make_code(encoder);
    make_shorthand(&shorthand, encoder->sizes);
    if ((header_bits(&shorthand) + token_bits(encoder)) / 8 < size) {
        put_header(&out, &shorthand);
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
