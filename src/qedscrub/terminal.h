/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_TERMINAL_H
#define QEDSCRUB_TERMINAL_H

#include <stdbool.h>

/* When output is to have colours. */
enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What an open file can show. */
struct terminal {
    bool is_terminal;
    bool utf8;      /* by the locale */
    bool colour;    /* can and should be used */
    unsigned width; /* columns; 80 where nobody says */
};

/*
 * Looks at a descriptor and the environment: a terminal's own width goes before COLUMNS. By itself
 * colour goes to terminals only, and not where NO_COLOR is set or TERM is dumb.
 */
struct terminal terminal_look(int fd, enum color_when when);

#endif
