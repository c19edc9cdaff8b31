/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Audits images made from the input, in memory, and aborts where the quick survey, with one thread
 * or more, does not say the same as the walk in qemu's order, to the last finding.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/same_audit.h"

/* What cannot be read of the image, if anything: without the header there is no audit. */
static struct extent take_lost(struct input *input)
{
    uint8_t where = take(input), size = take(input);

    return (struct extent){512 + where * UINT64_C(512),
                           size < 192 ? 0 : (size - 191) * UINT64_C(256)};
}

static void audit(struct audit *audit, struct memory_source *image, unsigned jobs, bool in_order)
{
    const struct audit_options options = {
        .keep = 4, .atlas = true, .jobs = jobs, .in_order = in_order};
    struct failure why = {0};

    demand(!audit_run(audit, &image->source, &options, &why));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    unsigned jobs = 1 + (take(&input) > 240);
    struct extent lost = take_lost(&input);
    static struct audit survey, walk;
    struct memory_source image;

    fuzz_image(&image, &input, 0);
    image.lost = lost;
    audit(&survey, &image, jobs, false);
    audit(&walk, &image, 1, true);
    demand(!audit_difference(&survey, &walk));
    demand(audit_can_copy(&walk) == header_sound(walk.header_faults));
    audit_free(&survey);
    audit_free(&walk);
    memory_source_free(&image);
    return 0;
}
