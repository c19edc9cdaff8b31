/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bugreport/render/json.h"

/* Members that say nothing of the state of an image. */
static const char *const ignored[] = {"schema", "filename",    "filename-b64",
                                      "format", "actual-size", "host-extents",
                                      "in-use", "copy",        "environment"};

static bool is_ignored(const char *key)
{
    for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        if (!strcmp(key, ignored[i]))
            return true;
    }
    return false;
}

static const struct record_field *field_of(const char *key)
{
    const struct record_field *field = record_fields;

    while (field->key && strcmp(field->key, key) != 0)
        field++;
    return field->key ? field : NULL;
}

static int add(struct comparison *comparison, const char *key, json_t *before, json_t *after,
               struct failure *why)
{
    if (comparison->count == comparison->capacity) {
        size_t capacity = comparison->capacity ? comparison->capacity * 2 : 16;
        struct difference *list = reallocarray(comparison->list, capacity, sizeof(*list));

        if (!list)
            return failure_set_errno(why, ENOMEM, "cannot compare records");
        comparison->list = list;
        comparison->capacity = capacity;
    }
    comparison->list[comparison->count] =
        (struct difference){strdup(key), field_of(key), json_incref(before), json_incref(after)};
    if (!comparison->list[comparison->count++].key)
        return failure_set_errno(why, ENOMEM, "cannot compare records");
    return 0;
}

static bool is_same(json_t *before, json_t *after)
{
    return before && after && json_equal(before, after);
}

static int compare_objects(struct comparison *comparison, const char *prefix, json_t *before,
                           json_t *after, struct failure *why);

/* Objects are compared member by member, all else, and findings of a kind, as a whole. */
static int compare_members(struct comparison *comparison, const char *prefix, const char *name,
                           json_t *before, json_t *after, struct failure *why)
{
    char key[128];

    if (is_same(before, after))
        return 0;
    snprintf(key, sizeof(key), "%s%s", prefix, name);
    if (!json_is_object(before) || !json_is_object(after) || !strcmp(prefix, "findings."))
        return add(comparison, key, before, after, why);
    strncat(key, ".", sizeof(key) - strlen(key) - 1);
    return compare_objects(comparison, key, before, after, why);
}

static int compare_objects(struct comparison *comparison, const char *prefix, json_t *before,
                           json_t *after, struct failure *why)
{
    const char *key;
    json_t *member;

    json_object_foreach(before, key, member)
    {
        if (compare_members(comparison, prefix, key, member, json_object_get(after, key), why))
            return -1;
    }
    json_object_foreach(after, key, member)
    {
        if (!json_object_get(before, key) &&
            compare_members(comparison, prefix, key, NULL, member, why))
            return -1;
    }
    return 0;
}

/* Findings by their kinds, without what is no state: the list becomes an object. */
static json_t *findings_of(const json_t *record, bool places)
{
    const json_t *list = json_object_get(record, "findings");
    json_t *kinds = json_object();

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        const char *kind = json_string_value(json_object_get(item, "kind"));
        json_t *found;

        if (!strcmp(kind, finding_row(FINDING_IN_USE)->name) ||
            !strcmp(kind, finding_row(FINDING_CHANGED)->name))
            continue;
        found = json_pack("{s:O}", "count", json_object_get(item, "count"));
        if (places)
            json_object_set(found, "listed", json_object_get(item, "listed"));
        json_object_set_new(kinds, kind, found);
    }
    return kinds;
}

/* The record as it is compared. */
static json_t *state_of(const struct record *record, bool with_name, bool places,
                        struct failure *why)
{
    json_t *object = json_record(record, why);
    const char *key;
    json_t *member;
    void *next;

    if (!object)
        return NULL;
    json_object_foreach_safe(object, next, key, member)
    {
        if (is_ignored(key) || (!with_name && !strncmp(key, "backing-filename", 16)))
            json_object_del(object, key);
    }
    json_object_set_new(object, "findings", findings_of(object, places));
    return object;
}

int compare_records(struct comparison *comparison, const struct record *before,
                    const struct record *after, bool places, struct failure *why)
{
    bool with_name = before->has_backing_file != after->has_backing_file ||
                     (before->backing_name && after->backing_name);
    json_t *from, *to;
    int result = -1;

    *comparison = (struct comparison){0};
    from = state_of(before, with_name, places, why);
    to = from ? state_of(after, with_name, places, why) : NULL;
    if (to)
        result = compare_objects(comparison, "", from, to, why);
    json_decref(from);
    json_decref(to);
    return result;
}

void comparison_free(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++) {
        free(comparison->list[i].key);
        json_decref(comparison->list[i].before);
        json_decref(comparison->list[i].after);
    }
    free(comparison->list);
    *comparison = (struct comparison){0};
}

const char *image_change_name(enum image_change change)
{
    static const char *const names[] = {"appeared", "gone", "changed"};

    return names[change];
}

/* Two entries of a path: their records, or what became of it instead. */
static int compare_entries(struct comparison *comparison, const struct fleet_entry *before,
                           const struct fleet_entry *after, struct failure *why)
{
    json_t *from, *to;
    int result;

    if (before->status == ENTRY_OK && after->status == ENTRY_OK)
        return compare_records(comparison, &before->record, &after->record, false, why);
    *comparison = (struct comparison){0};
    from = json_string(entry_status_name(before->status));
    to = json_string(entry_status_name(after->status));
    result = before->status == after->status ? 0 : add(comparison, "status", from, to, why);
    json_decref(from);
    json_decref(to);
    return result;
}

/* Compares what stands at the head of both; a path that only one has comes first. */
static int compare_next(struct fleet_comparison *comparison, const struct fleet *before,
                        const struct fleet *after, size_t *b, size_t *a, struct failure *why)
{
    struct image_comparison *to = &comparison->list[comparison->count];
    int order = *b == before->count  ? 1
                : *a == after->count ? -1
                                     : strcmp(before->entries[*b].record.filename,
                                              after->entries[*a].record.filename);

    if (order) {
        *to = (struct image_comparison){.filename = order < 0
                                                        ? before->entries[(*b)++].record.filename
                                                        : after->entries[(*a)++].record.filename,
                                        .change = order < 0 ? IMAGE_GONE : IMAGE_APPEARED};
        comparison->count++;
        return 0;
    }
    *to = (struct image_comparison){.filename = before->entries[*b].record.filename,
                                    .change = IMAGE_CHANGED};
    comparison->count++;
    if (compare_entries(&to->comparison, &before->entries[(*b)++], &after->entries[(*a)++], why))
        return -1;
    if (!to->comparison.count) {
        comparison_free(&to->comparison);
        comparison->count--;
    }
    return 0;
}

int compare_fleets(struct fleet_comparison *comparison, const struct fleet *before,
                   const struct fleet *after, struct failure *why)
{
    size_t b = 0, a = 0;

    *comparison = (struct fleet_comparison){
        .list = calloc(before->count + after->count + 1, sizeof(*comparison->list))};
    if (!comparison->list)
        return failure_set_errno(why, ENOMEM, "cannot compare records");
    while (b < before->count || a < after->count) {
        if (compare_next(comparison, before, after, &b, &a, why))
            return -1;
    }
    return 0;
}

void fleet_comparison_free(struct fleet_comparison *comparison)
{
    for (size_t i = 0; i < comparison->count; i++)
        comparison_free(&comparison->list[i].comparison);
    free(comparison->list);
    *comparison = (struct fleet_comparison){0};
}
