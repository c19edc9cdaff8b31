/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/render/json.h"
#include "bugreport/render/text.h"
#include "qedscrub/commands.h"
#include "qedscrub/image.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

#define DISK_BLOCK 512 /* the unit of st_blocks */

/* What only the reader of the terminal is told: names and where the host keeps the file. */
static int add_local_facts(struct record *record, struct image *image, struct failure *why)
{
    char name[HEADER_MAX_NAME + 1];
    int length = header_backing_name(&image->audit.header, map_source(image->map), name, why);

    record->actual_size = (uint64_t)map_stat(image->map)->st_blocks * DISK_BLOCK;
    record->host_extents = map_host_extents(image->map);
    if (length < 0)
        return -1;
    return length > 0 ? record_set_backing_name(record, name, why) : 0;
}

/* What showing an image takes. */
struct show {
    const struct options *options;
    struct image image;
};

static int print_record(const struct record *record, enum output_format format, FILE *out,
                        struct failure *why)
{
    char *text = format == FORMAT_JSON ? render_json(record, why) : render_text(record, why);

    if (!text)
        return -1;
    fputs(text, out);
    free(text);
    return 0;
}

static int show(void *context, FILE *out, struct failure *why)
{
    struct show *show = context;
    const struct options *options = show->options;
    struct image *image = &show->image;
    struct record record = {0};
    int status = image_audit(image, options, why);

    if (status != STATUS_OK)
        return status;
    if (record_make(&record, &image->audit, image->path, why) ||
        add_local_facts(&record, image, why) || print_record(&record, options->format, out, why))
        status = STATUS_FAILED;
    else
        status = verdict_exit_status(record.verdict);
    record_free(&record);
    return status;
}

int cmd_info(const struct options *options)
{
    struct show context = {.options = options};
    struct image *image = &context.image;
    struct failure why = {0};
    char *text = NULL;
    int status;

    if (options->word_count != 1) {
        failure_set(&why, "info: give one image");
        complain(&why);
        return STATUS_FAILED;
    }
    status = image_open(image, options->words[0], options, &why);
    if (status == STATUS_OK)
        status = worker_run(show, &context, image->path, options, &text, &why);
    if (text)
        fputs(text, stdout);
    if (why.text[0])
        complain(&why);
    free(text);
    image_close(image);
    return status;
}
