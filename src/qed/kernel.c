/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/kernel.h"

#include "base/bytes.h"

#define BLOCK   ((size_t)8)  /* elements */
#define AHEAD   (16 * BLOCK) /* how many elements before its turn a claim is prefetched */
#define NO_LAST 1            /* no element but 0 and 1 yet */

/* Sums of rows of breaks[] that fit: no row has a byte above 7. */
#define MOST_ROWS 32

/* From here on the claims do not fit into a core's own cache: 1 MiB of them. */
#define PREFETCH_LIMIT (UINT64_C(1) << 23)

#define SIGN (UINT64_C(1) << 63)

#define INLINE static inline __attribute__((always_inline))

/*
 * In the valid path bit i of an index says that element i does not continue its predecessor. Byte 0
 * of the row counts such bits but for bit 0, byte k the runs of length k between two of them.
 */
static void make_breaks(uint64_t rows[256])
{
    for (unsigned index = 0; index < 256; index++) {
        unsigned last = BLOCK;

        rows[index] = 0;
        for (unsigned i = 0; i < BLOCK; i++) {
            if (!(index >> i & 1))
                continue;
            rows[index] += i > 0;
            if (last < i)
                rows[index] += UINT64_C(1) << 8 * (i - last);
            last = i;
        }
    }
}

static struct kernel_limits limits_of(const struct geometry *geometry)
{
    return (struct kernel_limits){geometry->cluster_size, geometry->header_end,
                                  geometry->file_end - 1, geometry->cluster_bits};
}

void kernel_init(struct kernel *kernel, const struct geometry *geometry, struct claims *claims,
                 bool plain)
{
    *kernel = (struct kernel){
        .claims = claims,
        .limits = limits_of(geometry),
        .prefetch = claims->limit > PREFETCH_LIMIT,
        .plain = plain,
    };
    make_breaks(kernel->breaks);
}

/* Notes that the run in hand, if there is one, has no more elements. */
INLINE void end_run(struct kernel *kernel, struct kernel_hand *hand, uint64_t length)
{
    if (hand->in_head) {
        hand->head = length;
        hand->in_head = false;
    } else {
        usage_count_run(&kernel->usage, length);
    }
    hand->run = 0;
}

INLINE void claim_run(struct kernel *kernel, struct kernel_hand *hand)
{
    uint64_t number = (hand->last >> kernel->limits.cluster_bits) + 1 - hand->unclaimed;

    if (hand->unclaimed && !claims_set_range(kernel->claims, number, hand->unclaimed))
        kernel->failed = true;
    hand->unclaimed = 0;
}

INLINE bool is_valid(const struct kernel_limits *limits, uint64_t word)
{
    return !(word & (limits->step - 1)) && word >= limits->header_end && word <= limits->last_valid;
}

/* One element by itself. Everything else in this file only does this faster. */
INLINE void scan_word(struct kernel *kernel, struct kernel_hand *hand, uint64_t word)
{
    bool follows = hand->last + kernel->limits.step == word && hand->last != NO_LAST;

    if (word == QED_UNALLOCATED || word == QED_ZERO_CLUSTER) {
        end_run(kernel, hand, hand->run);
        kernel->usage.zero_clusters += word;
        return;
    }
    kernel->usage.fragmented_clusters += !follows;
    hand->last = word;
    if (!is_valid(&kernel->limits, word)) {
        end_run(kernel, hand, hand->run);
        kernel->usage.invalid_elements++;
        return;
    }
    if (!follows && hand->run > 0)
        end_run(kernel, hand, hand->run);
    hand->run++;
    kernel->usage.valid_elements++;
    kernel->failed |= !claims_set(kernel->claims, word >> kernel->limits.cluster_bits);
}

/*
 * Element i of the block at bytes. The loops over a block below have no exits and no branches, so
 * that the compiler makes vector instructions of them.
 */
INLINE uint64_t element(const unsigned char *bytes, size_t i)
{
    return bytes_load64(bytes + i * QED_ELEMENT_SIZE);
}

INLINE bool all_zero(const unsigned char *bytes)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < BLOCK; i++)
        bits |= element(bytes, i);
    return !bits;
}

/* Whether each element of a block continues the run in hand, and is valid as its predecessor is. */
INLINE bool continues(const struct kernel_limits *limits, const struct kernel_hand *hand,
                      const unsigned char *bytes)
{
    uint64_t differing = 0;

    if (hand->run == 0 || hand->last + BLOCK * limits->step > limits->last_valid)
        return false;
    for (unsigned i = 0; i < BLOCK; i++)
        differing |= element(bytes, i) ^ (hand->last + (i + 1) * limits->step);
    return !differing;
}

/* Offsets of valid elements are below 2^63: where a difference is negative its sign bit tells. */
INLINE bool all_valid(const struct kernel_limits *limits, const unsigned char *bytes)
{
    uint64_t bits = 0, outside = 0;

    for (unsigned i = 0; i < BLOCK; i++) {
        bits |= element(bytes, i);
        outside |=
            (element(bytes, i) - limits->header_end) | (limits->last_valid - element(bytes, i));
    }
    return !((bits & (limits->step - 1)) | ((bits | outside) & SIGN));
}

/* The set of elements of a block that are not their predecessor plus a cluster. */
INLINE unsigned find_breaks(uint64_t step, const unsigned char *bytes)
{
    unsigned breaks = 0;

    for (unsigned i = 0; i < BLOCK; i++)
        breaks |= (unsigned)(element(bytes, i) != element(bytes - QED_ELEMENT_SIZE, i) + step) << i;
    return breaks;
}

INLINE void take_rows(struct kernel *kernel, struct kernel_hand *hand)
{
    kernel->usage.fragmented_clusters += hand->breaks & 0xff;
    for (unsigned length = 1; length < BLOCK; length++)
        kernel->usage.run_lengths[length] += hand->breaks >> 8 * length & 0xff;
    hand->breaks = 0;
    hand->rows = 0;
}

/* Counts what begins and ends in a block of valid elements, which does not continue the run. */
INLINE void count_valid(struct kernel *kernel, struct kernel_hand *hand, uint64_t step,
                        const unsigned char *bytes)
{
    unsigned breaks = find_breaks(step, bytes) | (hand->run == 0);

    kernel->usage.fragmented_clusters += hand->last + step != element(bytes, 0);
    hand->last = element(bytes, BLOCK - 1);
    if (!breaks) {
        hand->run += BLOCK;
        return;
    }
    end_run(kernel, hand, hand->run + (unsigned)__builtin_ctz(breaks));
    hand->run = (unsigned)__builtin_clz(breaks) - (31 - BLOCK);
    hand->breaks += kernel->breaks[breaks];
    if (++hand->rows == MOST_ROWS)
        take_rows(kernel, hand);
}

INLINE uint64_t cluster(const struct kernel_limits *limits, const unsigned char *bytes, size_t i)
{
    return element(bytes, i) >> limits->cluster_bits;
}

/* That the claims stay where they are only we know, not the compiler. */
INLINE void claim_valid(struct kernel *kernel, const struct kernel_limits *limits,
                        const unsigned char *bytes)
{
    unsigned char *flat = kernel->claims->flat;

    kernel->usage.valid_elements += BLOCK;
    if (flat) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < BLOCK; i++)
            claims_set_flat(flat, cluster(limits, bytes, i));
    } else {
        for (unsigned i = 0; i < BLOCK; i++)
            kernel->failed |= !claims_set(kernel->claims, cluster(limits, bytes, i));
    }
}

/* The elements need not be valid: to prefetch what does not exist does no harm. */
INLINE void prefetch(const struct kernel *kernel, const struct kernel_limits *limits,
                     const unsigned char *bytes)
{
    unsigned char *flat = kernel->claims->flat;

    if (flat) {
#pragma GCC unroll 8
        for (unsigned i = 0; i < BLOCK; i++)
            __builtin_prefetch((void *)((uintptr_t)flat + cluster(limits, bytes, i) / 8), 1);
    } else {
        for (unsigned i = 0; i < BLOCK; i++)
            claims_prefetch(kernel->claims, cluster(limits, bytes, i));
    }
}

INLINE void scan_mixed(struct kernel *kernel, struct kernel_hand *hand, const unsigned char *bytes,
                       size_t count)
{
    claim_run(kernel, hand);
    for (size_t i = 0; i < count; i++)
        scan_word(kernel, hand, bytes_load64(bytes + i * QED_ELEMENT_SIZE));
}

/* The state goes through a copy, since in the compiler's eyes each claim could change anything. */
INLINE void scan(struct kernel *kernel, const unsigned char *bytes, size_t count, size_t more)
{
    const struct kernel_limits limits = kernel->limits;
    struct kernel_hand hand = kernel->hand;
    const unsigned char *start = bytes;

    for (; count >= BLOCK; count -= BLOCK, bytes += BLOCK * QED_ELEMENT_SIZE) {
        if (continues(&limits, &hand, bytes)) {
            hand.run += BLOCK;
            hand.unclaimed += BLOCK;
            hand.last += BLOCK * limits.step;
            kernel->usage.valid_elements += BLOCK;
        } else if (all_zero(bytes)) {
            claim_run(kernel, &hand);
            end_run(kernel, &hand, hand.run);
        } else if (bytes > start && all_valid(&limits, bytes)) {
            claim_run(kernel, &hand);
            count_valid(kernel, &hand, limits.step, bytes);
            claim_valid(kernel, &limits, bytes);
            if (kernel->prefetch && count + more >= AHEAD + BLOCK)
                prefetch(kernel, &limits, bytes + AHEAD * QED_ELEMENT_SIZE);
        } else {
            scan_mixed(kernel, &hand, bytes, BLOCK);
        }
    }
    scan_mixed(kernel, &hand, bytes, count);
    take_rows(kernel, &hand);
    kernel->hand = hand;
}

INLINE size_t plain_elements(const struct kernel_limits *limits, const unsigned char *bytes,
                             size_t count, uint64_t *valid, uint64_t *last)
{
    size_t done = 0;

    for (; count - done >= BLOCK; done += BLOCK) {
        const unsigned char *block = bytes + done * QED_ELEMENT_SIZE;

        if (all_valid(limits, block)) {
            *valid += BLOCK;
            *last = element(block, BLOCK - 1);
        } else if (!all_zero(block)) {
            break;
        }
    }
    return done;
}

/* The same code, of which the compiler makes other instructions. */
#ifdef __x86_64__
#define AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))

AVX2 static void scan_avx2(struct kernel *kernel, const unsigned char *bytes, size_t count,
                           size_t more)
{
    scan(kernel, bytes, count, more);
}

AVX2 static size_t plain_elements_avx2(const struct kernel_limits *limits,
                                       const unsigned char *bytes, size_t count, uint64_t *valid,
                                       uint64_t *last)
{
    return plain_elements(limits, bytes, count, valid, last);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}
#endif

static void scan_best(struct kernel *kernel, const unsigned char *bytes, size_t count, size_t more)
{
#ifdef __x86_64__
    if (!kernel->plain && has_avx2()) {
        scan_avx2(kernel, bytes, count, more);
        return;
    }
#endif
    scan(kernel, bytes, count, more);
}

/* The first of the elements that count as fragments has no predecessor to be far from. */
void kernel_scan(struct kernel *kernel, const unsigned char *bytes, size_t count, size_t more)
{
    bool none_yet = kernel->hand.last == NO_LAST;

    if (kernel->hand.in_head && kernel->hand.run == 0 && count > 0)
        kernel->first = bytes_load64(bytes);
    scan_best(kernel, bytes, count, more);
    kernel->usage.fragmented_clusters -= none_yet && kernel->hand.last != NO_LAST;
}

size_t kernel_plain_elements(const struct geometry *geometry, const unsigned char *bytes,
                             size_t count, uint64_t *valid, uint64_t *last)
{
    const struct kernel_limits limits = limits_of(geometry);

#ifdef __x86_64__
    if (has_avx2())
        return plain_elements_avx2(&limits, bytes, count, valid, last);
#endif
    return plain_elements(&limits, bytes, count, valid, last);
}

void kernel_begin(struct kernel *kernel)
{
    kernel->hand = (struct kernel_hand){.last = NO_LAST, .in_head = true};
    kernel->usage.l2_tables++;
}

void kernel_skip(struct kernel *kernel)
{
    end_run(kernel, &kernel->hand, kernel->hand.run);
}

void kernel_end(struct kernel *kernel, struct kernel_ends *ends)
{
    const struct kernel_hand *hand = &kernel->hand;

    *ends = (struct kernel_ends){
        .head = hand->in_head ? hand->run : hand->head,
        .tail = hand->run,
        .head_word = kernel->first,
        .next_word = hand->last + kernel->limits.step,
    };
}
