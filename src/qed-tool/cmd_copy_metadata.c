/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/output.h"
#include "base/quote.h"
#include "qed-tool/proposal.h"
#include "qed-tool/tool.h"
#include "qed/scrub.h"
#include "qed/sparse.h"

static int write_copy(const struct options *options, struct map *map, struct scrub *scrub,
                      struct failure *why)
{
    struct output_options output_options = {
        .replace = options->force, .inputs = map_stat(map), .input_count = 1};
    struct output *output;

    if (output_open(&output, options->words[0], &output_options, why))
        return -1;
    if (sparse_write(output, &scrub->source, NULL, why)) {
        output_discard(output);
        return -1;
    }
    if (map_changed(map) && !options->force_share) {
        output_discard(output);
        return failure_set(why, "the image changed while it was read; nothing was written");
    }
    return output_commit(output, why);
}

/* What is not in the copy, and whether that shows. */
static void tell(const char *path, const struct scrub *scrub, const struct scrub_forecast *forecast)
{
    const struct scrub_counts *counts = &forecast->words;
    const struct qemu_check *check = &forecast->qemu;
    const struct header *header = &scrub->audit->header;
    char line[QEMU_SUMMARY_SIZE];

    fprintf(stderr, "%s: header and tables; guest data are left out\n", QUOTE(path));
    if (header->features & QED_F_BACKING_FILE)
        fprintf(stderr, "  removed: the name of the backing file (%" PRIu32 " bytes)\n",
                header->backing_filename_size);
    if (header->compat_features || header->autoclear_features)
        fprintf(stderr, "  removed: unknown feature bits\n");
    if (scrub->belief.block_count)
        fprintf(stderr,
                "  replaced: %zu blocks of tables that do not look like tables, by stand-ins with "
                "the same counts\n",
                scrub->belief.block_count);
    if (counts->stand_ins)
        fprintf(stderr,
                "  removed: parts of tables that guest data may lie in; %" PRIu64
                " made-up words stand for them\n",
                counts->stand_ins);
    if (counts->rewritten)
        fprintf(stderr, "  rewritten: %" PRIu64 " invalid elements, to others as invalid\n",
                counts->rewritten);
    if (qemu_same(check, &scrub->audit->qemu)) {
        fprintf(stderr, "  qemu-img check says the same of it as of the image\n");
        return;
    }
    qemu_summary(check, line);
    fprintf(stderr,
            "  qemu-img check says something else of it than of the image: %" PRId32
            " corruptions, %" PRId32 " leaks; %s\n",
            check->corruptions, check->leaks, line);
}

static int copy(const struct options *options, struct map *map, struct audit *audit,
                struct failure *why)
{
    struct scrub_options scrub_options = {0};
    struct scrub_forecast forecast;
    struct scrub scrub;
    int result = -1;

    if (!scrub_init(&scrub, map_source(map), audit, &scrub_options, why) &&
        !scrub_predict(&scrub, &forecast, why))
        result = write_copy(options, map, &scrub, why);
    if (!result)
        tell(options->words[0], &scrub, &forecast);
    scrub_free(&scrub);
    return result;
}

int cmd_copy_metadata(const struct options *options, struct failure *why)
{
    struct audit_options audit_options = {.keep = 0};
    struct audit *audit = calloc(1, sizeof(*audit));
    struct map *map = NULL;
    int result = -1;

    if (!audit)
        return failure_set_errno(why, ENOMEM, "cannot audit the image");
    if (!open_to_read(&map, options, why) &&
        !audit_run(audit, map_source(map), &audit_options, why) && !proposal_gate(audit, why))
        result = copy(options, map, audit, why);
    audit_free(audit);
    free(audit);
    map_close(map);
    return result;
}
