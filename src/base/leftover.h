/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_LEFTOVER_H
#define BASE_LEFTOVER_H

/*
 * Names that must not stay behind: temporary files that SIGINT, SIGTERM or SIGHUP would leave. When
 * one of them ends the program, they are removed first; the program then dies by that signal. A
 * signal that is ignored, or has a handler of the program's own, is left alone: who has a handler
 * sees to its outputs.
 *
 * For the main thread, as long as there is no other that the signals could reach.
 */
struct leftover {
    int directory; /* an open descriptor, which the name is relative to */
    const char *name;
    struct leftover *next; /* the module's */
};

/* Enters a name, which need not exist yet. It must live until it is dropped. */
void leftover_add(struct leftover *leftover);

/* Strikes a name out: the file is gone, or is to stay. One that was not entered is no harm. */
void leftover_drop(struct leftover *leftover);

#endif
