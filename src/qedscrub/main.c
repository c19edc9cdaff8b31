/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "base/streams.h"
#include "qedscrub/commands.h"
#include "qedscrub/option_rows.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"

void complain(const struct failure *why)
{
    fprintf(stderr, "qedscrub: %s\n", why->text);
}

static void print_version(void)
{
    printf("qedscrub %s\nSandbox: %s%s\nLicence: GPL-2.0-or-later. There is no warranty.\n",
           QEDSCRUB_VERSION, sandbox_name(sandbox_probe()),
           sandbox_best() ? "" : " (built without)");
}

static int run(const struct options *options)
{
    if (options->help) {
        options_help(stdout, options->command_named ? options->command : 0);
        return STATUS_OK;
    }
    if (options->version) {
        print_version();
        return STATUS_OK;
    }
    return command_row_of(options->command)->run(options);
}

/* The exit status of a command that could not do its work. */
static int failed(const struct options *options)
{
    return options->command == COMMAND_DIFF ? STATUS_DIFF_TROUBLE : STATUS_FAILED;
}

/* What was printed must have arrived, on a full disk too. */
static int flush_stdout(const struct options *options, int status)
{
    if (streams_close(stdout))
        return status;
    fprintf(stderr, "qedscrub: cannot write to standard output\n");
    return failed(options);
}

static enum progress_mode progress_mode(const struct options *options)
{
    if (options->quiet)
        return PROGRESS_NONE;
    if (options->show_progress)
        return PROGRESS_LINES;
    return isatty(STDERR_FILENO) ? PROGRESS_ONE_LINE : PROGRESS_ON_SIGNAL;
}

/* Who asks how far the work is does not want its end, also where there is no progress to report. */
static void survive_questions(void)
{
    sigset_t questions;

    sigemptyset(&questions);
    sigaddset(&questions, SIGUSR1);
    sigprocmask(SIG_BLOCK, &questions, NULL);
}

int main(int argc, char **argv)
{
    struct options options;
    struct progress progress;
    struct failure why = {0};
    int status;

    survive_questions();
    streams_fill();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C"); /* reports are for machines too */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (options_parse(&options, argc, argv, &why)) {
        complain(&why);
        fprintf(stderr, "Try 'qedscrub %s%s--help'.\n",
                options.command_named ? command_row_of(options.command)->name : "",
                options.command_named ? " " : "");
        return failed(&options);
    }
    progress_begin(&progress, progress_mode(&options));
    options.progress = &progress;
    status = flush_stdout(&options, run(&options));
    progress_end(&progress);
    return status;
}
