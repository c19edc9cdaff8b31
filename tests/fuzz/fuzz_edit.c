/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans edits of images made from the input, in memory, and aborts where a plan breaks a promise:
 * it changes elements or the need-check bit and nothing else, holds the bytes that really stand
 * there, foretells what an audit of the result says, and can be undone.
 */
#include "qed-tool/overlay.h"
#include "qed-tool/proposal.h"
#include "qed-tool/undo.h"
#include "tests/fuzz/fuzz.h"

/* Bytes of the input that say what is edited, behind those of the image. */
#define REQUEST_SIZE 10

static void apply(unsigned char *bytes, const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        memcpy(bytes + plan->writes[i].offset, plan->writes[i].after, plan->writes[i].size);
}

static void check_writes(const struct memory_source *image, const struct plan *plan)
{
    uint64_t end = 0;

    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_write *write = &plan->writes[i];
        bool bit = write->size == 1 && write->offset == QED_AT_FEATURES &&
                   (write->before[0] ^ write->after[0]) == QED_F_NEED_CHECK;

        demand(write->offset >= end && write->offset + write->size <= image->source.size);
        demand(bit ||
               (write->size == 8 && write->offset % 8 == 0 && write->offset >= FUZZ_CLUSTER));
        demand(!memcmp(image->bytes + write->offset, write->before, write->size));
        demand(memcmp(write->before, write->after, write->size) != 0);
        end = write->offset + write->size;
    }
}

/* The overlay shows the bytes that the file will hold, in its holes too. */
static void check_overlay(struct memory_source *image, const struct plan *plan,
                          const unsigned char *expected)
{
    struct failure why = {0};
    struct overlay overlay;
    uint64_t at = 0;
    struct extent part;

    demand(!overlay_init(&overlay, &image->source, plan, &why));
    while (source_data(&overlay.source, at, image->source.size, &part, &why) > 0) {
        for (; at < part.offset; at++)
            demand(expected[at] == 0);
        demand(!memcmp(source_range(&overlay.source, at, (size_t)part.size, &why), expected + at,
                       (size_t)part.size));
        at += part.size;
    }
    for (; at < image->source.size; at++)
        demand(expected[at] == 0);
    overlay_free(&overlay);
}

static void check_undo(struct memory_source *edited, const struct plan *plan,
                       const unsigned char *original)
{
    struct undo undo = {.length = edited->source.size, .plan = *plan};
    struct request request = {.undo = &undo};
    struct proposal proposal;
    struct failure why = {0};

    demand(!proposal_make(&proposal, &edited->source, plan_undo, &request, false, &why));
    apply(edited->bytes, &proposal.plan);
    demand(!memcmp(edited->bytes, original, (size_t)edited->source.size));
    proposal_free(&proposal);
}

/* Carries the plan out on a copy, audits that, and goes back. */
static void check_result(struct memory_source *image, const struct proposal *proposal)
{
    struct audit_options options = {.keep = 0};
    struct audit audit;
    struct memory_source edited;
    struct failure why = {0};

    check_writes(image, &proposal->plan);
    memory_source_init(&edited, image->source.size, (size_t)image->source.size);
    memcpy(edited.bytes, image->bytes, (size_t)image->source.size);
    apply(edited.bytes, &proposal->plan);
    check_overlay(image, &proposal->plan, edited.bytes);
    if (proposal->plan.count > 0) {
        demand(!audit_run(&audit, &edited.source, &options, &why));
        demand(qemu_same(&audit.qemu, &proposal->after->qemu));
        demand(audit.corruptions == proposal->after->corruptions);
        audit_free(&audit);
    }
    check_undo(&edited, &proposal->plan, image->bytes);
    memory_source_free(&edited);
}

static void edit(struct memory_source *image, struct input *input)
{
    static planner *const planners[] = {plan_duplicate, plan_invalidate, plan_zerocluster,
                                        plan_need_check};
    uint8_t what = take(input), how = take(input);
    struct request request = {.level = how & 1 ? TABLE_L2 : TABLE_L1,
                              .kind = (enum invalid_kind)(how >> 1 & 3),
                              .has_at = how & 8,
                              .need_check = how & 16};
    bool must_corrupt = what % 4 < 2;
    struct proposal proposal;
    struct failure why = {0};

    request.dice.state = take16(input);
    request.at_l1 = take(input);
    request.at_l2 = take16(input);
    request.cluster = take16(input);
    request.count = take(input);
    if (!proposal_make(&proposal, &image->source, planners[what % 4], &request, must_corrupt,
                       &why)) {
        check_result(image, &proposal);
        demand(!must_corrupt || proposal.after->corruptions > proposal.before->corruptions);
    } else {
        demand(why.text[0] != '\0');
    }
    proposal_free(&proposal);
}

/* An undo file from anywhere, for an image of which it may know nothing. */
static void undo_anything(struct memory_source *image, struct input *input)
{
    struct undo undo;
    struct request request = {.undo = &undo};
    struct proposal proposal;
    struct failure why = {0};

    if (!undo_decode(&undo, (const char *)input->data, input->size, &why)) {
        if (!proposal_make(&proposal, &image->source, plan_undo, &request, false, &why))
            check_writes(image, &proposal.plan);
        proposal_free(&proposal);
    }
    undo_free(&undo);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size}, none = {0};
    struct memory_source image;
    bool undo = size > 0 && data[0] == '{';

    fuzz_image(&image, undo ? &none : &input, REQUEST_SIZE);
    if (undo)
        undo_anything(&image, &input);
    else
        edit(&image, &input);
    memory_source_free(&image);
    return 0;
}
