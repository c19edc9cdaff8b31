/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <locale.h>
#include <signal.h>
#include <string.h>

#include "base/quote.h"
#include "base/streams.h"
#include "qed-tool/tool.h"

/* A failure to open the image names it already. */
static void name_image(struct failure *why, const char *image)
{
    const char *name = QUOTE(image);
    size_t length = strlen(name);

    if (strncmp(why->text, name, length) != 0 || why->text[length] != ':')
        failure_prefix(why, image);
}

static int run(const struct options *options, struct failure *why)
{
    if (options->help) {
        options_help(stdout);
        return 0;
    }
    if (options->version) {
        printf("qed-tool %s\nLicence: GPL-2.0-or-later. There is no warranty.\n", QEDSCRUB_VERSION);
        return 0;
    }
    if (!options->command->run(options, why))
        return 0;
    name_image(why, options->image);
    return -1;
}

int main(int argc, char **argv)
{
    struct options options;
    struct failure why = {0};
    int status;

    streams_fill();
    setlocale(LC_ALL, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    if (options_parse(&options, argc, argv, &why)) {
        fprintf(stderr, "qed-tool: %s\nTry 'qed-tool --help'.\n", why.text);
        return 1;
    }
    status = run(&options, &why);
    if (status)
        fprintf(stderr, "qed-tool: %s\n", why.text);
    if (streams_close(stdout) || status)
        return status ? 1 : 0;
    fprintf(stderr, "qed-tool: cannot write to standard output\n");
    return 1;
}
