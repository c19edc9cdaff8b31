/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/fleet_json.h"

#include <errno.h>
#include <stdlib.h>

#include "bugreport/render/json.h"

static json_t *cause_names(unsigned causes)
{
    json_t *list = json_array();

    for (unsigned cause = 0; cause < CAUSES; cause++) {
        if (causes >> cause & 1)
            json_array_append_new(list, json_string(cause_name((enum policy_cause)cause)));
    }
    return list;
}

static json_t *identity(const struct file_identity *of)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:o}", "size", json_number(of->size), "mtime-ns",
                     (json_int_t)of->mtime_ns, "inode", json_number(of->inode), "device",
                     json_number(of->device), "links", json_number(of->links));
}

/* The record of an image that was examined, or what there is in its stead. */
static json_t *begin(const struct fleet_entry *entry, struct failure *why)
{
    json_t *object;

    if (entry->status == ENTRY_OK)
        return json_record(&entry->record, why);
    object = json_pack("{s:s}", "schema", RECORD_SCHEMA);
    if (json_set_name(object, "filename", entry->record.filename)) {
        json_decref(object);
        object = NULL;
        failure_set_errno(why, ENOMEM, "cannot render JSON");
    }
    return object;
}

static int set_chain(json_t *object, const struct fleet_entry *entry, const struct fleet *fleet)
{
    const struct backing_chain *chain = &entry->chain;
    json_t *member =
        json_pack("{s:s, s:o, s:o}", "backing", backing_state_name(chain->state), "depth",
                  json_number(chain->depth), "overlays", json_number(chain->overlays));
    int failed = 0;

    if (chain->state == BACKING_FOUND || chain->state == BACKING_LOOP)
        failed = json_set_name(member, "image", fleet->entries[chain->base].record.filename);
    return failed | json_object_set_new(object, "chain", member);
}

static int set_policy(json_t *object, const struct fleet_entry *entry, const struct fleet *fleet)
{
    bool fails = policy_failing(&fleet->policy, entry);
    json_t *member = json_pack("{s:b, s:o}", "fails", fails, "causes", cause_names(entry->causes));
    int failed = 0;

    if (fleet->policy.has_baseline)
        failed = json_object_set_new(member, "known", cause_names(entry->known));
    return failed | json_object_set_new(object, "policy", member);
}

/* What the fleet as a whole tells of an entry. */
static int set_relations(json_t *object, const struct fleet_entry *entry, const struct fleet *fleet)
{
    int failed = 0;

    if (&fleet->entries[entry->first_link] != entry)
        failed |= json_set_name(object, "hard-link-of",
                                fleet->entries[entry->first_link].record.filename);
    if (entry->chain.state != BACKING_NONE || entry->chain.overlays)
        failed |= set_chain(object, entry, fleet);
    return failed | set_policy(object, entry, fleet);
}

json_t *json_entry(const struct fleet_entry *entry, const struct fleet *fleet, struct failure *why)
{
    json_t *object = begin(entry, why);
    int failed;

    if (!object)
        return NULL;
    failed = json_object_set_new(object, "status", json_string(entry_status_name(entry->status)));
    if (entry->message)
        failed |= json_set_name(object, "message", entry->message);
    if (entry->has_identity)
        failed |= json_object_set_new(object, "identity", identity(&entry->identity));
    if (entry->has_seconds)
        failed |= json_object_set_new(object, "seconds", json_real(entry->seconds));
    if (fleet)
        failed |= set_relations(object, entry, fleet);
    if (failed) {
        failure_set_errno(why, ENOMEM, "cannot render JSON");
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *policy_of(const struct policy *policy)
{
    bool has_limit = policy->max_fragmentation >= 0;

    return json_pack("{s:o, s:o, s:o, s:b}", "fail-on", cause_names(policy->fail_on),
                     "max-fragmentation",
                     has_limit ? json_real(policy->max_fragmentation) : json_null(), "max-leaked",
                     json_number(policy->max_leaked), "baseline", policy->has_baseline);
}

static json_t *shards_of(const struct fleet *fleet)
{
    json_t *present = json_array();

    for (unsigned i = 0; i < fleet->shard_count; i++) {
        if (fleet->shard_in[i])
            json_array_append_new(present, json_integer((json_int_t)i + 1));
    }
    return json_pack("{s:I, s:o}", "count", (json_int_t)fleet->shard_count, "present", present);
}

static json_t *statuses(const struct fleet_totals *totals)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < ENTRY_STATUSES; i++)
        json_object_set_new(object, entry_status_name((enum entry_status)i),
                            json_number(totals->statuses[i]));
    return object;
}

static json_t *verdicts(const struct fleet_totals *totals)
{
    json_t *object = json_object();

    for (unsigned i = 0; i < VERDICTS; i++)
        json_object_set_new(object, verdict_name((enum verdict)i),
                            json_number(totals->verdicts[i]));
    return object;
}

static int set_totals(json_t *object, const struct fleet *fleet)
{
    struct fleet_totals totals;

    fleet_total(fleet, &totals);
    return json_object_update_missing_new(
        object,
        json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
            "s:o, s:o, s:o}",
            "paths", json_number(totals.paths), "images", json_number(totals.images), "failing",
            json_number(totals.failing), "failing-causes", cause_names(policy_failing_all(fleet)),
            "statuses", statuses(&totals), "verdicts", verdicts(&totals), "dirty",
            json_number(totals.dirty), "in-use", json_number(totals.in_use), "corruptions",
            json_number(totals.corruptions), "leaks", json_number(totals.leaks), "leaked-bytes",
            json_number(totals.leaked_bytes), "virtual-size", json_number(totals.virtual_size),
            "file-size", json_number(totals.file_size), "actual-size",
            json_number(totals.actual_size), "allocated-clusters",
            json_number(totals.allocated_clusters), "fragmented-clusters",
            json_number(totals.fragmented_clusters), "shared-bases",
            json_number(totals.shared_bases), "missing-bases", json_number(totals.missing_bases),
            "loops", json_number(totals.loops)));
}

json_t *json_summary(const struct fleet *fleet, struct failure *why)
{
    json_t *object = json_pack("{s:s, s:s, s:b, s:b}", "schema", SUMMARY_SCHEMA, "tool",
                               "qedscrub " QEDSCRUB_VERSION, "complete", fleet_is_complete(fleet),
                               "interrupted", fleet->interrupted);
    int failed = 0;

    if (fleet->shard_count && !fleet_has_all_shards(fleet))
        failed |= json_object_set_new(object, "shards", shards_of(fleet));
    failed |= json_object_set_new(object, "policy", policy_of(&fleet->policy));
    failed |= set_totals(object, fleet);
    if (!failed)
        return object;
    failure_set_errno(why, ENOMEM, "cannot render JSON");
    json_decref(object);
    return NULL;
}
