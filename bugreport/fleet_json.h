/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_FLEET_JSON_H
#define BUGREPORT_FLEET_JSON_H

#include <jansson.h>

#include "bugreport/fleet.h"

/*
 * A fleet as JSON: a record for each entry, by schema/record-1.schema.json, and a summary, by
 * schema/summary-1.schema.json. What fleet_finish() and policy_judge() work out is written for
 * readers, and passed over when it is read back.
 */

#define SUMMARY_SCHEMA "qedscrub-summary/1"
#define FLEET_SCHEMA   "qedscrub-fleet/1"

/*
 * The record of an entry. fleet is what it is in, finished and judged; NULL leaves out what is
 * worked out there, as for a journal. json_decref() is due. NULL: out of memory.
 */
json_t *json_entry(const struct fleet_entry *entry, const struct fleet *fleet, struct failure *why);

/* The summary of a finished and judged fleet. */
json_t *json_summary(const struct fleet *fleet, struct failure *why);

/* Adds the entry of a record. One without a status, as in a bundle, is that of an examined image.
 */
int fleet_add_json(struct fleet *fleet, const json_t *object, struct failure *why);

/* What a summary says, for whoever reads records. */
struct summary {
    uint64_t paths;
    bool interrupted;
    struct policy policy;
    const json_t *shards; /* {"count": N, "present": [...]}; NULL: not divided */
};

int summary_from_json(struct summary *summary, const json_t *object, struct failure *why);

/* Notes the shards of a summary. */
int fleet_add_shards(struct fleet *fleet, const json_t *shards, struct failure *why);

#endif
