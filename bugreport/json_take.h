/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_JSON_TAKE_H
#define BUGREPORT_JSON_TAKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/*
 * Members of a JSON object that a stranger may have written, taken out one by one. Each function
 * names a member that has to be there, checks its type and range, and returns its value; where it
 * is not as it must be, it returns 0 or NULL and fills *why with the member's name. The first
 * failure is kept, so that a reader takes all members and asks once, at the end, whether why->text
 * is still empty.
 */

/* Whether there is such a member. */
bool json_has(const json_t *object, const char *key);

bool take_bool(const json_t *object, const char *key, struct failure *why);

/* A finite number from 0 on. */
double take_real(const json_t *object, const char *key, struct failure *why);

/* A whole number from least to most. */
int64_t take_integer(const json_t *object, const char *key, int64_t least, int64_t most,
                     struct failure *why);

/* A number of 64 bits as render_json() writes it: as a hex string if it is over INT64_MAX. */
uint64_t take_number(const json_t *object, const char *key, struct failure *why);

/* The same; for a member that is null, or not there, what absent says. */
uint64_t take_number_or(const json_t *object, const char *key, uint64_t absent,
                        struct failure *why);

/* Text without NULs; it lives as long as the object. */
const char *take_string(const json_t *object, const char *key, struct failure *why);

/* A name as json_set_name() writes it: the exact bytes, which the caller frees. */
char *take_name(const json_t *object, const char *key, struct failure *why);

/* One of count words; word(i) is the i-th. Returns its index. */
unsigned take_word(const json_t *object, const char *key, const char *(*word)(unsigned),
                   unsigned count, struct failure *why);

/* Objects and lists; NULL is fine for every function here, and has no members. */
const json_t *take_object(const json_t *object, const char *key, struct failure *why);
const json_t *take_list(const json_t *object, const char *key, struct failure *why);

#endif
