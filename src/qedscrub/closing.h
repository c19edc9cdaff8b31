/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_CLOSING_H
#define QEDSCRUB_CLOSING_H

#include <stdio.h>

#include "bugreport/record.h"
#include "bugreport/render/style.h"

/* What is said at the end of packing: all that a reporter has to know of the archive. */
struct closing {
    const char *archive; /* its name */
    uint64_t size;       /* bytes */
    const char *sha256;  /* in hex */
    const struct record *record;
};

void closing_print(FILE *out, const struct closing *closing, const struct text_style *style);

#endif
