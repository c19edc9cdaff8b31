/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/examine.h"

#include <string.h>

#include "bugreport/record_bytes.h"
#include "bugreport/record_from_json.h"
#include "bugreport/render/json.h"
#include "qedscrub/image.h"
#include "qedscrub/status.h"

/* No path reaches the process: the record's name is filled in by who knows it. */
static char *record_text(struct image *image, size_t *size, struct failure *why)
{
    struct record record = {0};
    unsigned char *bytes = NULL;

    if (!image_record(image, "", &record, why)) {
        if (record.atlas)
            sketch_make(&record.sketch, record.atlas);
        bytes = record_to_bytes(&record, size, why);
    }
    record_free(&record);
    return (char *)bytes;
}

/* Maps take time, and most formats have no room for them. */
bool examine_draws(const struct options *options)
{
    bool found = options->map || !strcmp(options->output, "html");

    for (unsigned i = 0; i < options->report_count; i++)
        found |= !strcmp(options->reports[i].format->name, "html");
    return found;
}

int examine_file(void *context, int fd, const struct message_task *task, char **text, size_t *size,
                 struct failure *why)
{
    const struct options *options = context;
    struct image image;
    int status = image_adopt(&image, fd, task->in_use, why);

    image.atlas = examine_draws(options);
    if (status == STATUS_OK)
        status = image_audit(&image, options, why);
    if (status == STATUS_OK && !options->force_share && image_changed(&image)) {
        failure_set(why, "changed while it was read; give -U to accept that");
        status = EXAMINE_CHANGED;
    }
    if (status == STATUS_OK)
        *text = record_text(&image, size, why);
    if (status == STATUS_OK && !*text)
        status = STATUS_FAILED;
    image_close(&image);
    return status;
}

int examine_copy(struct record *copy, const struct record *record, struct failure *why)
{
    json_t *object = json_record(record, why);
    int result = object ? record_from_json(copy, object, why) : -1;

    json_decref(object);
    return result;
}
