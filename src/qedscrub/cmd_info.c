/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/render/html.h"
#include "bugreport/render/json.h"
#include "bugreport/render/text.h"
#include "qedscrub/commands.h"
#include "qedscrub/image.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

/* Where a terminal has so many columns, maps are drawn without being asked for. */
#define MAP_WIDTH 100

typedef char *render_record(const struct record *record, const struct text_style *style,
                            struct failure *why);

static char *render_as_json(const struct record *record, const struct text_style *style,
                            struct failure *why)
{
    (void)style;
    return render_json(record, why);
}

static char *render_as_html(const struct record *record, const struct text_style *style,
                            struct failure *why)
{
    (void)style;
    return render_html(record, why);
}

/* The formats of one record. */
static const struct format {
    const char *name;
    render_record *render;
    bool draws; /* maps, always */
} formats[] = {
    {"human", render_text_styled, false},
    {"json", render_as_json, false},
    {"html", render_as_html, true},
};

static const struct format *find_format(const char *name, struct failure *why)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!strcmp(name, formats[i].name))
            return &formats[i];
    }
    failure_set(why, "--output %s: give human, json or html", QUOTE(name));
    return NULL;
}

/* What showing an image takes. */
struct show {
    const struct options *options;
    const struct format *format;
    struct text_style style;
    struct image image;
};

static struct text_style choose_style(const struct options *options)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO, options->color);

    return (struct text_style){
        .colour = terminal.colour,
        .utf8 = terminal.utf8,
        .maps = options->map || (terminal.is_terminal && terminal.width >= MAP_WIDTH),
        .width = terminal.width,
    };
}

static int print_record(const struct show *show, const struct record *record, FILE *out,
                        struct failure *why)
{
    char *text = show->format->render(record, &show->style, why);

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
    int status;

    image->atlas = show->format->draws || show->style.maps;
    status = image_audit(image, options, why);

    if (status != STATUS_OK)
        return status;
    if (image_record(image, image->path, &record, why) || print_record(show, &record, out, why))
        status = STATUS_FAILED;
    else
        status = verdict_exit_status(record.verdict);
    record_free(&record);
    return status;
}

int cmd_info(const struct options *options)
{
    struct show context = {.options = options, .style = choose_style(options)};
    struct image *image = &context.image;
    struct failure why = {0};
    char *text = NULL;
    int status;

    if (options->word_count != 1)
        failure_set(&why, "info: give one image");
    else
        context.format = find_format(options->output, &why);
    if (!context.format) {
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
