/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/render/html.h"
#include "bugreport/render/json.h"
#include "bugreport/render/text.h"
#include "bugreport/unpack/verify.h"
#include "qedscrub/commands.h"
#include "qedscrub/progress.h"
#include "qedscrub/side.h"
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
    struct side side; /* an image or a bundle */
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

static bool draws(const struct show *show)
{
    return show->format->draws || show->style.maps;
}

static int show_image(struct show *show, FILE *out, struct failure *why)
{
    struct image *image = &show->side.image;
    struct record record = {0};
    int status;

    image->meter = progress_meter(show->options->progress);
    image->atlas = draws(show);
    status = image_audit(image, show->options, why);
    if (status != STATUS_OK)
        return status;
    if (image_record(image, image->path, &record, why) || print_record(show, &record, out, why))
        status = STATUS_FAILED;
    else
        status = verdict_exit_status(record.verdict);
    record_free(&record);
    return status;
}

/* The record of the image in a bundle, audited anew; of a bundle of reports only what they say. */
static int record_bundle(struct show *show, struct verification *verification, struct audit *audit,
                         struct failure *why)
{
    const struct audit_options options = {.keep = show->options->max_findings,
                                          .atlas = draws(show),
                                          .meter = progress_meter(show->options->progress)};
    struct source *image = &verification->contents.image.source;
    char name[HEADER_MAX_NAME + 1];
    int length;

    if (!verification->has_image)
        return contents_record(&verification->contents, &verification->record, why);
    if (audit_run(audit, image, &options, why) ||
        record_make(&verification->record, audit, show->side.path, why))
        return -1;
    length = header_backing_name(&audit->header, image, name, why);
    if (length < 0)
        return -1;
    return length > 0 ? record_set_backing_name(&verification->record, name, why) : 0;
}

static int show_bundle(struct show *show, FILE *out, struct failure *why)
{
    struct verification *verification = calloc(1, sizeof(*verification));
    struct audit *audit = calloc(1, sizeof(*audit));
    int status = STATUS_FAILED;

    if (!verification || !audit) {
        failure_set_errno(why, ENOMEM, "%s", QUOTE(show->side.path));
        goto out;
    }
    verify_read(verification, show->side.fd, show->options->jobs);
    if (!verification->proved)
        failure_set(why, "%s", verification->checks[verification->count - 1].text);
    if (!verification->proved || record_bundle(show, verification, audit, why)) {
        failure_prefix(why, show->side.path);
    } else if (!print_record(show, &verification->record, out, why)) {
        status = verdict_exit_status(verification->record.verdict);
    }
    verify_free(verification);
    audit_free(audit);
out:
    free(verification);
    free(audit);
    return status;
}

static int show(void *context, FILE *out, struct failure *why)
{
    struct show *show = context;

    return show->side.kind == SIDE_BUNDLE ? show_bundle(show, out, why)
                                          : show_image(show, out, why);
}

int cmd_info(const struct options *options)
{
    struct show context = {.options = options, .style = choose_style(options)};
    struct side *side = &context.side;
    struct failure why = {0};
    char *text = NULL;
    int status;

    if (options->word_count != 1)
        failure_set(&why, "info: give one image or bundle");
    else
        context.format = find_format(options->output, &why);
    if (!context.format) {
        complain(&why);
        return STATUS_FAILED;
    }
    status = side_open(side, options->words[0], options, &why);
    if (status == STATUS_OK && side->kind == SIDE_RECORDS) {
        failure_set(&why, "%s: begins like records of audits, not like an image; merge reads those",
                    QUOTE(side->path));
        status = STATUS_NOT_QED;
    }
    if (status == STATUS_OK) {
        if (side->kind == SIDE_BUNDLE)
            progress_watch(options->progress, "reading", side->fd);
        status = worker_run(show, &context, side->path, options, &text, &why);
        progress_watch(options->progress, NULL, 0);
    }
    if (text)
        fputs(text, stdout);
    if (why.text[0])
        complain(&why);
    free(text);
    side_close(side);
    return status;
}
