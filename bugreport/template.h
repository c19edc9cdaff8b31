/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_TEMPLATE_H
#define BUGREPORT_TEMPLATE_H

#include <stdio.h>

#include "base/failure.h"

/*
 * Texts with gaps. A gap is a name between two @; what fills it is a text, or a function that
 * writes what it makes of the subject. An @ that begins no known name stays.
 */
struct gap {
    const char *name;
    const char *text;
    void (*write)(FILE *out, const void *subject); /* where text is NULL */
};

/* Writes a template; the list of gaps ends with a row without a name. */
void template_write(FILE *out, const char *template, const struct gap *gaps, const void *subject);

/* The same as a text, to be freed by the caller; NULL if memory ran out. */
char *template_text(const char *template, const struct gap *gaps, const void *subject,
                    struct failure *why);

#endif
