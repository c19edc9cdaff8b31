/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/equal_bytes.h"

#include "tests/mkimage/prng.h"
#include "tests/unit/unit.h"

#define ROUNDS 20000

static uint64_t byte_by_byte(const unsigned char *line, size_t distance)
{
    uint64_t equal = 0;

    for (size_t i = 0; i < EQUAL_BYTES_LINE; i++)
        equal |= (uint64_t)(line[i] == (line - distance)[i]) << i;
    return equal;
}

/* Of few values, so that many bytes are equal; and of those that a carry could run through. */
static void fill(struct prng *prng, unsigned char *bytes, size_t size, bool few)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0xff};

    for (size_t i = 0; i < size; i++)
        bytes[i] = few ? values[prng_below(prng, sizeof(values))] : (unsigned char)prng_next(prng);
}

static void all_ways_agree(void **state)
{
    unsigned char bytes[EQUAL_BYTES_LINE + 16];
    struct prng prng = {1};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        fill(&prng, bytes, sizeof(bytes), round % 2);
        for (size_t distance = 8; distance <= 16; distance += 8) {
            uint64_t expected = byte_by_byte(bytes + 16, distance);

            assert_int_equal(equal_bytes_plain(bytes + 16, distance), expected);
            assert_int_equal(equal_bytes(bytes + 16, distance), expected);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_agree),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
