/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UNIT_SICK_RECORD_H
#define UNIT_SICK_RECORD_H

#include <string.h>

#include "bugreport/record.h"
#include "tests/unit/tiny_image.h"
#include "tests/unit/unit.h"

static inline void sick_record_add_copy(struct record *record, struct tiny_image *image,
                                        const struct audit *audit)
{
    const struct scrub_options options = {.faithful = false};
    struct scrub scrub;
    struct scrub_forecast forecast;
    struct failure why = {0};

    EXPECT_OK(scrub_init(&scrub, &image->memory.source, audit, &options, &why), &why);
    EXPECT_OK(scrub_predict(&scrub, &forecast, &why), &why);
    EXPECT_OK(record_add_copy(record, &scrub, &forecast, false, &why), &why);
    scrub_free(&scrub);
}

/* Makes the record of a sick image; the seed decides how sick. */
static inline void sick_record_make(struct record *record, uint64_t seed, bool with_copy)
{
    const struct audit_options options = {.keep = 5, .in_use = seed % 5 == 0};
    struct audit *audit = test_malloc(sizeof(*audit));
    struct prng prng = {seed};
    struct tiny_image image;
    struct failure why = {0};

    tiny_image_init(&image, 2, 1, 40, 40);
    tiny_image_randomize(&image, &prng);
    image.header.features = prng_below(&prng, 8);
    if (prng_one_in(&prng, 4))
        image.header.l1_table_offset = prng_next(&prng);
    tiny_image_update(&image);
    EXPECT_OK(audit_run(audit, &image.memory.source, &options, &why), &why);
    EXPECT_OK(record_make(record, audit, "a\xff\n.qed", &why), &why);
    if (with_copy && audit_can_copy(audit))
        sick_record_add_copy(record, &image, audit);
    else if (with_copy)
        record_drop_places(record);
    else
        record->actual_size = 4096 * seed;
    if (seed % 3 == 0)
        EXPECT_OK(record_set_backing_name(record, "../\xc3\xa4", &why), &why);
    audit_free(audit);
    test_free(audit);
    tiny_image_free(&image);
}

#endif
