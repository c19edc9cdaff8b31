/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/fleet_json.h"
#include "bugreport/json_take.h"
#include "bugreport/record_from_json.h"

static const char *status_word(unsigned i)
{
    return entry_status_name((enum entry_status)i);
}

static unsigned take_causes(const json_t *object, const char *key, struct failure *why)
{
    const json_t *list = take_list(object, key, why);
    unsigned causes = 0;

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *word = json_string_value(json_array_get(list, i));
        unsigned cause = 0;

        while (cause < CAUSES && (!word || strcmp(word, cause_name((enum policy_cause)cause)) != 0))
            cause++;
        if (cause == CAUSES)
            failure_set(why, "%s: no such cause", key);
        else
            causes |= 1u << cause;
    }
    return causes;
}

static void take_identity(struct file_identity *to, const json_t *object, struct failure *why)
{
    const json_t *identity = take_object(object, "identity", why);

    *to = (struct file_identity){
        .size = take_number(identity, "size", why),
        .inode = take_number(identity, "inode", why),
        .device = take_number(identity, "device", why),
        .links = take_number(identity, "links", why),
        .mtime_ns = take_integer(identity, "mtime-ns", INT64_MIN, INT64_MAX, why),
    };
}

/* What the run adds to a record. */
static int take_entry(struct fleet_entry *entry, const json_t *object, struct failure *why)
{
    const json_t *policy = json_object_get(object, "policy");

    if (json_has(object, "message"))
        entry->message = take_name(object, "message", why);
    entry->has_identity = json_has(object, "identity");
    if (entry->has_identity)
        take_identity(&entry->identity, object, why);
    entry->has_seconds = json_has(object, "seconds");
    if (entry->has_seconds)
        entry->seconds = take_real(object, "seconds", why);
    if (json_has(policy, "known"))
        entry->known = take_causes(policy, "known", why);
    return why->text[0] ? -1 : 0;
}

static int add_examined(struct fleet *fleet, const json_t *object, struct failure *why)
{
    struct record record;
    int result = record_from_json(&record, object, why);

    if (!result)
        result = fleet_add_record(fleet, record.filename, &record, why);
    record_free(&record);
    return result;
}

static int add_other(struct fleet *fleet, const json_t *object, enum entry_status status,
                     struct failure *why)
{
    const char *schema = take_string(object, "schema", why);
    char *path = take_name(object, "filename", why);
    struct fleet_entry *entry = NULL;

    if (schema && strcmp(schema, RECORD_SCHEMA) != 0)
        failure_set(why, "schema: is not %s", RECORD_SCHEMA);
    if (!why->text[0])
        entry = fleet_add(fleet, path, why);
    if (entry)
        entry->status = status;
    free(path);
    return entry ? 0 : -1;
}

int fleet_add_json(struct fleet *fleet, const json_t *object, struct failure *why)
{
    enum entry_status status = ENTRY_OK;
    int result;

    if (json_has(object, "status"))
        status = (enum entry_status)take_word(object, "status", status_word, ENTRY_STATUSES, why);
    if (why->text[0])
        return -1;
    result = status == ENTRY_OK ? add_examined(fleet, object, why)
                                : add_other(fleet, object, status, why);
    return result ? -1 : take_entry(&fleet->entries[fleet->count - 1], object, why);
}

static void take_policy(struct policy *policy, const json_t *object, struct failure *why)
{
    const json_t *from = take_object(object, "policy", why);

    policy->fail_on = take_causes(from, "fail-on", why);
    policy->max_fragmentation = json_is_null(json_object_get(from, "max-fragmentation"))
                                    ? POLICY_NO_LIMIT
                                    : take_real(from, "max-fragmentation", why);
    policy->max_leaked = take_number(from, "max-leaked", why);
    policy->has_baseline = take_bool(from, "baseline", why);
}

int summary_from_json(struct summary *summary, const json_t *object, struct failure *why)
{
    *summary = (struct summary){
        .paths = take_number(object, "paths", why),
        .interrupted = take_bool(object, "interrupted", why),
        .shards = json_object_get(object, "shards"),
    };
    take_policy(&summary->policy, object, why);
    if (why->text[0])
        failure_prefix(why, "summary");
    return why->text[0] ? -1 : 0;
}

int fleet_add_shards(struct fleet *fleet, const json_t *shards, struct failure *why)
{
    const json_t *present = take_list(shards, "present", why);
    int64_t count = take_integer(shards, "count", 1, FLEET_MAX_SHARDS, why);

    for (size_t i = 0; i < json_array_size(present) && !why->text[0]; i++) {
        const json_t *item = json_array_get(present, i);
        json_int_t number = json_integer_value(item);

        if (number < 1 || number > count)
            failure_set(why, "present: is not a list of shards");
        else
            fleet_add_shard(fleet, (unsigned)number, (unsigned)count, why);
    }
    return why->text[0] ? -1 : 0;
}
