/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/reports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/quote.h"

/* Columns of the terminal that standard output is; 0 where it is none. */
static unsigned terminal_width(void)
{
    struct winsize size;

    return isatty(STDOUT_FILENO) && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

static int find_format(struct reports *reports, struct failure *why)
{
    char names[256] = "";

    reports->format = format_find(reports->options->output);
    if (reports->format)
        return 0;
    for (const struct format_row *row = format_rows; row->name; row++) {
        size_t used = strlen(names);

        snprintf(names + used, sizeof(names) - used, "%s%s",
                 row == format_rows ? ""
                 : row[1].name      ? ", "
                                    : " or ",
                 row->name);
    }
    return failure_set(why, "--output %s: give %s", QUOTE(reports->options->output), names);
}

int reports_open(struct reports *reports, const struct options *options, const struct stat *inputs,
                 size_t input_count, struct failure *why)
{
    *reports = (struct reports){.options = options,
                                .render = {.width = terminal_width()},
                                .output_options = {.replace = options->force,
                                                   .inputs = inputs,
                                                   .input_count = input_count}};
    if (find_format(reports, why))
        return -1;
    for (unsigned i = 0; i < options->report_count; i++) {
        if (output_open(&reports->outputs[i], options->reports[i].path, &reports->output_options,
                        why))
            return -1;
    }
    return 0;
}

/* An output as a stream. */
struct stream {
    struct output *output;
    struct failure *why;
};

static ssize_t write_stream(void *cookie, const char *bytes, size_t size)
{
    struct stream *stream = cookie;

    if (output_write(stream->output, bytes, size, stream->why)) {
        errno = stream->why->error;
        return 0;
    }
    return (ssize_t)size;
}

static int render_file(struct output *output, const struct format_row *format,
                       const struct fleet *fleet, struct failure *why)
{
    static const struct render_options options = {.width = 0};
    struct stream stream = {output, why};
    FILE *out = fopencookie(&stream, "w", (cookie_io_functions_t){.write = write_stream});

    if (!out)
        return failure_set_errno(why, ENOMEM, "cannot write a report");
    if (format->render(out, fleet, &options, why) | fclose(out))
        return why->text[0] ? -1 : failure_set_errno(why, ENOMEM, "cannot write a report");
    return why->text[0] ? -1 : 0;
}

int reports_render(struct reports *reports, const struct fleet *fleet, FILE *out,
                   struct failure *why)
{
    for (unsigned i = 0; i < reports->options->report_count; i++) {
        if (render_file(reports->outputs[i], reports->options->reports[i].format, fleet, why))
            return -1;
    }
    return reports->format->render(out, fleet, &reports->render, why);
}

int reports_commit(struct reports *reports, struct failure *why)
{
    for (unsigned i = 0; i < reports->options->report_count; i++) {
        struct output *output = reports->outputs[i];

        reports->outputs[i] = NULL;
        if (output_commit(output, why))
            return -1;
    }
    return 0;
}

void reports_discard(struct reports *reports)
{
    for (unsigned i = 0; i < MAX_REPORTS; i++)
        output_discard(reports->outputs[i]);
}

int reports_status(const struct options *options, const struct fleet *fleet)
{
    return options->exit_zero ? 0 : policy_exit_status(policy_failing_all(fleet));
}
