/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "qed/scrub.h"

/* Hands out all ranges in order, for the sake of the counts. */
static int count_words(struct scrub *scrub, struct failure *why)
{
    uint64_t at = 0;
    struct extent data;
    int found;

    while ((found = source_data(&scrub->source, at, scrub->source.size, &data, why)) > 0) {
        size_t size = data.size < SOURCE_CHUNK ? (size_t)data.size : SOURCE_CHUNK;

        if (!source_range(&scrub->source, data.offset, size, why))
            return -1;
        at = data.offset + size;
    }
    return found;
}

static int check_copy(struct scrub *scrub, struct scrub_forecast *forecast, struct failure *why)
{
    struct audit *copy = calloc(1, sizeof(*copy));
    struct audit_options options = {.atlas = scrub->audit->atlas != NULL};
    int result;

    if (!copy)
        return failure_set_errno(why, ENOMEM, "cannot audit the copy");
    result = audit_run(copy, &scrub->source, &options, why);
    forecast->figures = audit_figures(copy);
    forecast->qemu = copy->qemu;
    free(scrub->atlas);
    scrub->atlas = copy->atlas;
    copy->atlas = NULL;
    audit_free(copy);
    free(copy);
    return result;
}

static bool may_differ(const struct scrub *scrub)
{
    const struct audit *audit = scrub->audit;
    const struct finding_list *kinds = audit->findings.kinds;

    return !qemu_counts(&audit->qemu) || scrub->belief.block_count > 0 || audit->duplicates > 0 ||
           kinds[FINDING_L1_INVALID].total > 0 || kinds[FINDING_L2_INVALID].total > 0;
}

int scrub_predict(struct scrub *scrub, struct scrub_forecast *forecast, struct failure *why)
{
    const struct audit *audit = scrub->audit;

    *forecast = (struct scrub_forecast){
        .words.kept = audit->inventory.word_count,
        .figures = audit_figures(audit),
        .qemu = audit->qemu,
    };
    scrub->audited = may_differ(scrub);
    if (!scrub->audited)
        return 0;
    scrub->counts = (struct scrub_counts){0};
    if (count_words(scrub, why))
        return -1;
    forecast->words = scrub->counts;
    if (check_copy(scrub, forecast, why))
        return -1;
    scrub->counts = (struct scrub_counts){0};
    return 0;
}
