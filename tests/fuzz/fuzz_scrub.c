/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scrubs images made from the input, in memory, and aborts where the copy is not in the grammar,
 * an audit of it does not find what was predicted, or a copy of the copy is not the copy.
 */
#include "qed/grammar.h"
#include "qed/scrub.h"
#include "tests/fuzz/fuzz.h"

static void begin(struct audit *audit, struct scrub *scrub, struct source *source,
                  const struct scrub_options *options)
{
    const struct audit_options audit_options = {.keep = 2};
    struct failure why = {0};

    demand(!audit_run(audit, source, &audit_options, &why));
    demand(audit_can_copy(audit));
    demand(!scrub_init(scrub, source, audit, options, &why));
}

/* All bytes of a copy, as a source that is no view of another. */
static void read_copy(struct memory_source *copy, struct source *source)
{
    struct failure why = {0};
    struct extent data;

    memory_source_init(copy, source->size, (size_t)source->size);
    copy->grain = 64;
    for (uint64_t at = 0; source_data(source, at, source->size, &data, &why) > 0;
         at = data.offset + data.size)
        demand(
            !source_read(source, data.offset, copy->bytes + data.offset, (size_t)data.size, &why));
}

static void check_forecast(struct scrub *scrub, struct memory_source *copy)
{
    const struct audit_options options = {.keep = 2};
    struct scrub_counts read = scrub->counts;
    struct scrub_forecast forecast;
    static struct audit audit;
    struct audit_figures found;
    struct failure why = {0};

    demand(!scrub_predict(scrub, &forecast, &why));
    demand(forecast.words.kept == read.kept && forecast.words.rewritten == read.rewritten &&
           forecast.words.stand_ins == read.stand_ins);
    demand(!audit_run(&audit, &copy->source, &options, &why));
    found = audit_figures(&audit);
    demand(forecast.figures.verdict == found.verdict &&
           forecast.figures.corruptions == found.corruptions &&
           forecast.figures.leaks == found.leaks &&
           forecast.figures.allocated_clusters == found.allocated_clusters &&
           forecast.figures.fragmented_clusters == found.fragmented_clusters &&
           forecast.figures.zero_clusters == found.zero_clusters);
    demand(qemu_same(&forecast.qemu, &audit.qemu));
    audit_free(&audit);
}

static void check_again(struct memory_source *copy, const struct scrub_options *options)
{
    static struct audit audit;
    struct memory_source twice;
    struct scrub scrub;

    begin(&audit, &scrub, &copy->source, options);
    read_copy(&twice, &scrub.source);
    demand(!memcmp(copy->bytes, twice.bytes, (size_t)copy->source.size));
    memory_source_free(&twice);
    scrub_free(&scrub);
    audit_free(&audit);
}

static void check_copy(struct scrub *scrub, const struct scrub_options *options)
{
    struct memory_source copy;
    struct grammar grammar;
    struct failure why = {0};

    read_copy(&copy, &scrub->source);
    check_forecast(scrub, &copy);
    demand(!grammar_check(&grammar, &scrub->source, &why));
    demand(grammar.holds);
    check_again(&copy, options);
    memory_source_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct audit_options audit_options = {.keep = 2};
    struct input input = {data, size};
    uint8_t how = take(&input);
    const struct scrub_options options = {.faithful = how & 1, .keep_backing_name = how & 2};
    static struct audit audit;
    struct memory_source image;
    struct scrub scrub;
    struct failure why = {0};

    fuzz_image(&image, &input, 0);
    demand(!audit_run(&audit, &image.source, &audit_options, &why));
    if (audit_can_copy(&audit)) {
        demand(!scrub_init(&scrub, &image.source, &audit, &options, &why));
        check_copy(&scrub, &options);
        scrub_free(&scrub);
    }
    audit_free(&audit);
    memory_source_free(&image);
    return 0;
}
