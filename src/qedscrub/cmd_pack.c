/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "qedscrub/commands.h"
#include "qedscrub/names.h"
#include "qedscrub/pack.h"
#include "qedscrub/status.h"

static int pack_all(const struct options *options, const struct output_options *output_options,
                    bool into_directory)
{
    struct names names = {.directory = options->archive};
    int status = STATUS_OK;

    for (int i = 0; i < options->word_count; i++) {
        const char *archive = options->archive;

        if (into_directory)
            archive = names_next(&names, options->words[i]);
        if (!archive) {
            status = STATUS_FAILED;
            break;
        }
        status =
            status_worse(status, pack_one(options, output_options, options->words[i], -1, archive));
    }
    names_free(&names);
    return status;
}

static int check_words(const struct options *options, bool into_directory, struct failure *why)
{
    if (options->word_count == 0)
        return failure_set(why, "give an image to pack, as in: qedscrub image.qed -o bug.tar.gz");
    if (!options->archive)
        return failure_set(why,
                           "say with -o where the bundle is to go, as in: qedscrub %s -o "
                           "bug.tar.gz",
                           QUOTE(options->words[0]));
    if (options->word_count > 1 && !into_directory)
        return failure_set(why, "%d images: -o must name an existing directory",
                           options->word_count);
    return 0;
}

/* Identities of all images: no bundle may replace one, that of another image neither. */
static struct stat *stat_images(const struct options *options, struct output_options *to)
{
    struct stat *inputs = calloc((size_t)options->word_count, sizeof(*inputs));

    for (int i = 0; inputs && i < options->word_count; i++) {
        if (!stat(options->words[i], &inputs[to->input_count]))
            to->input_count++;
    }
    to->inputs = inputs;
    return inputs;
}

/* Whether the images have to be found first. */
static bool is_fleet(const struct options *options)
{
    bool fleet = options->only || options->files0_from;

    for (int i = 0; i < options->word_count && !fleet; i++)
        fleet = names_is_directory(options->words[i]);
    return fleet;
}

int cmd_pack(const struct options *options)
{
    bool into_directory = options->archive && strcmp(options->archive, "-") != 0 &&
                          names_is_directory(options->archive);
    struct output_options output_options = {.replace = options->force};
    struct failure why = {0};
    struct stat *inputs;
    int status;

    if (is_fleet(options))
        return pack_fleet(options);
    if (check_words(options, into_directory, &why)) {
        complain(&why);
        return STATUS_FAILED;
    }
    inputs = stat_images(options, &output_options);
    if (!inputs) {
        failure_set_errno(&why, ENOMEM, "cannot pack");
        complain(&why);
        return STATUS_FAILED;
    }
    status = pack_all(options, &output_options, into_directory);
    free(inputs);
    return status;
}
