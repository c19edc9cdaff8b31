/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "bugreport/render/diff.h"
#include "bugreport/render/escape.h"
#include "bugreport/render/text.h"

#define LABEL_WIDTH 30

bool diff_is_same(const struct diff *diff)
{
    if (diff->images)
        return diff->images->count == 0;
    return diff->record->count == 0 && !(diff->changes && changes_any(diff->changes));
}

static void print_number(FILE *out, const json_t *value, const struct record_field *field)
{
    char size[TEXT_SIZE_SIZE];

    if (field && field->type == FIELD_BYTES)
        fputs(text_size(size, (uint64_t)json_integer_value(value)), out);
    else if (json_is_real(value))
        fprintf(out, "%.2f", json_real_value(value));
    else
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* Of findings of a kind their number, of a list how long it is. */
static void print_value(FILE *out, const json_t *value, const struct record_field *field)
{
    if (!value)
        fputs("none", out);
    else if (json_is_string(value))
        escape_text(out, json_string_value(value), escape_put_plain);
    else if (json_is_object(value))
        print_value(out, json_object_get(value, "count"), field);
    else if (json_is_array(value))
        fprintf(out, "%zu items", json_array_size(value));
    else if (json_is_number(value))
        print_number(out, value, field);
    else
        fputs(json_is_null(value) ? "unknown" : json_is_true(value) ? "yes" : "no", out);
}

static bool same_count(const struct difference *difference)
{
    json_t *before = json_object_get(difference->before, "count");

    return before && json_equal(before, json_object_get(difference->after, "count"));
}

/* What is for machines only is left out: the sentences are made of the figures beside them. */
static void print_record(FILE *out, const struct comparison *comparison, const char *indent)
{
    for (size_t i = 0; i < comparison->count; i++) {
        const struct difference *difference = &comparison->list[i];
        const struct record_field *field = difference->field;

        if (!strcmp(difference->key, "qemu-img.summary") ||
            !strcmp(difference->key, "run-histogram"))
            continue;
        fprintf(out, "%s%-*s ", indent, LABEL_WIDTH, field ? field->label : difference->key);
        print_value(out, difference->before, field);
        fputs(" -> ", out);
        print_value(out, difference->after, field);
        fputs(same_count(difference) ? ", at other places\n" : "\n", out);
    }
}

static void print_place(FILE *out, uint64_t offset)
{
    if (offset == FINDING_NOWHERE)
        fputs("nowhere", out);
    else
        fprintf(out, "0x%" PRIx64, offset);
}

static void print_tables(FILE *out, const struct changes *changes)
{
    uint64_t all = changes->tables_added + changes->tables_gone + changes->tables_moved;

    if (all)
        fprintf(out, "  L2 tables: %" PRIu64 " added, %" PRIu64 " gone, %" PRIu64 " moved\n",
                changes->tables_added, changes->tables_gone, changes->tables_moved);
    for (size_t i = 0; i < changes->tables_kept; i++) {
        const struct table_change *table = &changes->tables[i];

        fprintf(out, "    L1 index %" PRIu64 ": ", table->l1_index);
        print_place(out, table->before);
        fputs(" -> ", out);
        print_place(out, table->after);
        fputs("\n", out);
    }
    if (all > changes->tables_kept)
        fprintf(out, "    and %" PRIu64 " more\n", all - changes->tables_kept);
    if (changes->tables_left_out)
        fprintf(out, "  L2 tables not compared, since a copy has stand-ins there: %" PRIu64 "\n",
                changes->tables_left_out);
}

static void print_change(FILE *out, const struct change *change, uint32_t cluster_size)
{
    fprintf(out, "    guest 0x%" PRIx64 "+0x%" PRIx64 ": ", change->cluster * cluster_size,
            change->count * cluster_size);
    print_place(out, change->before);
    fputs(" -> ", out);
    print_place(out, change->after);
    fputs("\n", out);
}

static void print_clusters(FILE *out, const struct diff *diff)
{
    for (unsigned kind = 0; kind < CHANGE_KINDS; kind++) {
        const struct change_list *list = &diff->changes->kinds[kind];

        if (!list->ranges)
            continue;
        fprintf(out, "  clusters %s: %" PRIu64 " in %" PRIu64 " range%s\n",
                change_kind_name((enum change_kind)kind), list->clusters, list->ranges,
                list->ranges == 1 ? "" : "s");
        for (size_t i = 0; i < list->kept; i++)
            print_change(out, &list->list[i], diff->cluster_size);
        if (list->ranges > list->kept)
            fprintf(out, "    and %" PRIu64 " more\n", list->ranges - list->kept);
    }
}

static void print_images(FILE *out, const struct fleet_comparison *images)
{
    for (size_t i = 0; i < images->count; i++) {
        const struct image_comparison *image = &images->list[i];

        fputs("  ", out);
        escape_text(out, image->filename, escape_put_plain);
        fprintf(out, ": %s\n", image_change_name(image->change));
        print_record(out, &image->comparison, "    ");
    }
}

void render_diff_text(FILE *out, const struct diff *diff)
{
    escape_text(out, diff->before, escape_put_plain);
    fputs(" -> ", out);
    escape_text(out, diff->after, escape_put_plain);
    fputs(diff_is_same(diff) ? ": the same\n" : "\n", out);
    if (diff->images) {
        print_images(out, diff->images);
        return;
    }
    print_record(out, diff->record, "  ");
    if (diff->changes) {
        print_tables(out, diff->changes);
        print_clusters(out, diff);
    } else {
        fprintf(out, "  tables were not compared: %s\n", diff->not_compared);
    }
}
