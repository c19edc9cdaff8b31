/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_SPARSE_H
#define QED_SPARSE_H

#include "base/meter.h"
#include "base/output.h"
#include "qed/source.h"

/*
 * Writes a source to an empty output of the same length: its data, with holes between them. A
 * meter, or NULL, is moved by the bytes of data written.
 */
int sparse_write(struct output *output, struct source *source, struct meter *meter,
                 struct failure *why);

#endif
