/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_JSON_H
#define BUGREPORT_RENDER_JSON_H

#include <jansson.h>

#include "bugreport/record.h"

/*
 * The record as JSON, by schema/record-1.schema.json. Keys are qemu-img's own where it has them.
 * Numbers are numbers; raw table words, which can exceed what JSON readers keep exactly, are hex
 * strings.
 */

/* The record as one indented object with a newline; the caller frees it. NULL: out of memory. */
char *render_json(const struct record *record, struct failure *why);

/*
 * Sets key to text of any bytes: as it is if it is UTF-8, otherwise with replacement characters and
 * a second key "KEY-b64" that holds the bytes exactly. 0 done, -1 out of memory.
 */
int json_set_name(json_t *object, const char *key, const char *name);

#endif
