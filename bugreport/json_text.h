/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_JSON_TEXT_H
#define BUGREPORT_JSON_TEXT_H

#include <jansson.h>
#include <stdint.h>

#include "base/failure.h"

/* What every JSON text of ours does alike: numbers, names, escapes. */

/* A number of 64 bits: a hex string where it does not fit into a signed one, RECORD_UNKNOWN null.
 */
json_t *json_number(uint64_t value);

/*
 * Sets key to text of any bytes: as it is if it is UTF-8, otherwise with replacement characters and
 * a second key "KEY-b64" that holds the bytes exactly. 0 done, -1 out of memory.
 */
int json_set_name(json_t *object, const char *key, const char *name);

/*
 * The text of a JSON value, which the caller frees; flags are json_dumps()'s. Characters that
 * move a cursor, turn the direction of text or cannot be seen are escaped. NULL: out of memory.
 */
char *json_text(const json_t *value, size_t flags, struct failure *why);

#endif
