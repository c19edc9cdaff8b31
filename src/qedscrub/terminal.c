/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define USUAL_WIDTH 80
#define MOST_WIDTH  10000

static unsigned width_of(int fd)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    unsigned long width;

    if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col > 0)
        return size.ws_col;
    width = columns ? strtoul(columns, NULL, 10) : 0;
    return width > 0 && width <= MOST_WIDTH ? (unsigned)width : USUAL_WIDTH;
}

static bool wants_colour(bool is_terminal, enum color_when when)
{
    const char *off = getenv("NO_COLOR"), *kind = getenv("TERM");

    if (when != COLOR_AUTO)
        return when == COLOR_ALWAYS;
    return is_terminal && !(off && off[0]) && kind && strcmp(kind, "dumb") != 0;
}

struct terminal terminal_look(int fd, enum color_when when)
{
    bool is_terminal = isatty(fd);

    return (struct terminal){
        .is_terminal = is_terminal,
        .utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
        .colour = wants_colour(is_terminal, when),
        .width = width_of(fd),
    };
}
