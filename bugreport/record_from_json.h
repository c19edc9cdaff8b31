/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RECORD_FROM_JSON_H
#define BUGREPORT_RECORD_FROM_JSON_H

#include <jansson.h>

#include "bugreport/record.h"

/*
 * Reads a record that render_json() or json_record() wrote; rendering it again gives the same
 * text. Members that this version does not know are passed over; those it knows must be there, of
 * their type and in their range. record_free() is due either way.
 */
int record_from_json(struct record *record, const json_t *object, struct failure *why);

#endif
