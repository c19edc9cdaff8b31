/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SPARSE_H
#define QED_SPARSE_H

#include "base/output.h"
#include "qed/source.h"

/* Writes a source to an empty output of the same length: its data, with holes between them. */
int sparse_write(struct output *output, struct source *source, struct failure *why);

#endif
