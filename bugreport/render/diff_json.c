/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "bugreport/json_text.h"
#include "bugreport/render/diff.h"

#define DIFF_SCHEMA "qedscrub-diff/1"

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

static json_t *record(const struct comparison *comparison)
{
    json_t *object = json_object();

    for (size_t i = 0; i < comparison->count; i++) {
        const struct difference *difference = &comparison->list[i];

        json_object_set_new(object, difference->key,
                            json_pack("{s:o, s:o}", "before", or_null(difference->before), "after",
                                      or_null(difference->after)));
    }
    return object;
}

static json_t *place(uint64_t offset)
{
    return offset == FINDING_NOWHERE ? json_null() : json_number(offset);
}

static json_t *tables(const struct changes *changes)
{
    json_t *listed = json_array();

    for (size_t i = 0; i < changes->tables_kept; i++) {
        const struct table_change *table = &changes->tables[i];

        json_array_append_new(
            listed, json_pack("{s:o, s:o, s:o}", "l1-index", json_number(table->l1_index), "before",
                              place(table->before), "after", place(table->after)));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "added", json_number(changes->tables_added),
                     "gone", json_number(changes->tables_gone), "moved",
                     json_number(changes->tables_moved), "left-out",
                     json_number(changes->tables_left_out), "listed", listed);
}

static json_t *change_list(const struct change_list *list, uint32_t cluster_size)
{
    json_t *listed = json_array();

    for (size_t i = 0; i < list->kept; i++) {
        const struct change *change = &list->list[i];

        json_array_append_new(listed,
                              json_pack("{s:o, s:o, s:o, s:o}", "guest-position",
                                        json_number(change->cluster * cluster_size), "guest-size",
                                        json_number(change->count * cluster_size), "before",
                                        place(change->before), "after", place(change->after)));
    }
    return json_pack("{s:o, s:o, s:o}", "clusters", json_number(list->clusters), "ranges",
                     json_number(list->ranges), "listed", listed);
}

static json_t *clusters(const struct diff *diff)
{
    json_t *object = json_object();

    for (unsigned kind = 0; kind < CHANGE_KINDS; kind++)
        json_object_set_new(object, change_kind_name((enum change_kind)kind),
                            change_list(&diff->changes->kinds[kind], diff->cluster_size));
    return object;
}

static json_t *images(const struct fleet_comparison *comparison)
{
    json_t *list = json_array();

    for (size_t i = 0; i < comparison->count; i++) {
        const struct image_comparison *image = &comparison->list[i];
        json_t *object = json_pack("{s:s}", "change", image_change_name(image->change));

        json_set_name(object, "filename", image->filename);
        json_object_set_new(object, "record", record(&image->comparison));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *build(const struct diff *diff)
{
    json_t *object = json_pack("{s:s, s:b}", "schema", DIFF_SCHEMA, "same", diff_is_same(diff));
    int failed = json_set_name(object, "before", diff->before);

    failed |= json_set_name(object, "after", diff->after);
    if (diff->images)
        failed |= json_object_set_new(object, "images", images(diff->images));
    if (diff->record)
        failed |= json_object_set_new(object, "record", record(diff->record));
    if (diff->changes) {
        failed |= json_object_set_new(object, "tables", tables(diff->changes));
        failed |= json_object_set_new(object, "clusters", clusters(diff));
    }
    if (!diff->images && !diff->changes)
        failed |= json_object_set_new(object, "not-compared", json_string(diff->not_compared));
    if (failed) {
        json_decref(object);
        return NULL;
    }
    return object;
}

int render_diff_json(FILE *out, const struct diff *diff, struct failure *why)
{
    json_t *object = build(diff);
    char *text = object ? json_text(object, JSON_INDENT(4), why) : NULL;

    if (text)
        fprintf(out, "%s\n", text);
    else
        failure_set_errno(why, ENOMEM, "cannot render JSON");
    free(text);
    json_decref(object);
    return text ? 0 : -1;
}
