/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_JSON_H
#define BUGREPORT_RENDER_JSON_H

#include "bugreport/json_text.h"
#include "bugreport/record.h"

/*
 * The record as JSON, by schema/record-1.schema.json. Keys are qemu-img's own where it has them.
 * Numbers are numbers; raw table words, which can exceed what JSON readers keep exactly, are hex
 * strings.
 */

/* The record as one indented object with a newline; the caller frees it. NULL: out of memory. */
char *render_json(const struct record *record, struct failure *why);

/* The same as an object, for which json_decref() is due. */
json_t *json_record(const struct record *record, struct failure *why);

/* Names of the known feature bits, by bit. */
#define JSON_FEATURES 3u
const char *json_feature_name(unsigned bit);

#endif
