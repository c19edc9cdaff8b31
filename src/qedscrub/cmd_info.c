/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/render/html.h"
#include "bugreport/render/json.h"
#include "bugreport/render/text.h"
#include "qedscrub/commands.h"
#include "qedscrub/image.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

typedef char *render_record(const struct record *record, struct failure *why);

/* The formats of one record. */
static const struct {
    const char *name;
    render_record *render;
} formats[] = {{"human", render_text}, {"json", render_json}, {"html", render_html}};

static render_record *find_format(const char *name, struct failure *why)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!strcmp(name, formats[i].name))
            return formats[i].render;
    }
    failure_set(why, "--output %s: give human, json or html", QUOTE(name));
    return NULL;
}

/* What showing an image takes. */
struct show {
    const struct options *options;
    render_record *render;
    struct image image;
};

static int print_record(const struct record *record, render_record *render, FILE *out,
                        struct failure *why)
{
    char *text = render(record, why);

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
    if (image_record(image, image->path, &record, why) ||
        print_record(&record, show->render, out, why))
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

    if (options->word_count != 1)
        failure_set(&why, "info: give one image");
    else
        context.render = find_format(options->output, &why);
    if (!context.render) {
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
