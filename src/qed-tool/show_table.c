/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/quote.h"
#include "qed-tool/number.h"
#include "qed-tool/pick.h"
#include "qed-tool/tool.h"

/* The table that is shown. */
struct view {
    const struct options *options;
    struct source *source;
    struct geometry geometry;
    enum table_level level;
    uint64_t offset;
    uint64_t l1_index; /* FINDING_NOWHERE: no L1 element points at it */
    struct run run;    /* what was read and is not shown yet; count 0: nothing */
    json_t *rows;
};

/* Reads L1 element index, and says why it leads to no table if it does not. */
static int follow(struct view *view, const struct header *header, uint64_t index,
                  struct failure *why)
{
    struct extent lost;
    uint64_t offset;
    const unsigned char *bytes;

    if (index >= view->geometry.nelems)
        return failure_set(why, "@%" PRIu64 ": an L1 table has %" PRIu32 " elements, from 0 on",
                           index, view->geometry.nelems);
    if (!checked_add(header->l1_table_offset, index * QED_ELEMENT_SIZE, &offset))
        return failure_set(why, "the L1 table is nowhere in the file");
    bytes = source_range(view->source, offset, QED_ELEMENT_SIZE, why);
    if (!bytes)
        return -1;
    if (source_unreadable(view->source, offset, offset + QED_ELEMENT_SIZE, &lost))
        return failure_set(why, "L1 element %" PRIu64 " cannot be read", index);
    view->offset = bytes_load64(bytes);
    view->l1_index = index;
    if (view->offset == QED_UNALLOCATED)
        return failure_set(why, "L1 element %" PRIu64 " is unallocated: there is no table", index);
    return 0;
}

/* Looks for an L1 element that points at the table, for the guest positions. */
static int find_l1_index(struct view *view, const struct header *header, struct failure *why)
{
    struct table_cursor cursor;
    struct run run;
    int more;

    view->l1_index = FINDING_NOWHERE;
    if (!geometry_holds_table(&view->geometry, header->l1_table_offset))
        return 0;
    table_begin(&cursor, view->source, &view->geometry, TABLE_L1, header->l1_table_offset, NULL);
    while ((more = table_next(&cursor, &run, why)) > 0) {
        uint64_t ahead = (view->offset - run.value) / view->geometry.table_size;

        if (run.class < ELEMENT_VALID || ahead >= run.count ||
            run.value + ahead * view->geometry.table_size != view->offset)
            continue;
        view->l1_index = run.index + ahead;
        return 0;
    }
    return more;
}

static int find_table(struct view *view, const struct header *header, struct failure *why)
{
    const char *where;
    uint64_t number;

    view->offset = header->l1_table_offset;
    view->l1_index = FINDING_NOWHERE;
    if (view->level == TABLE_L1)
        return 0;
    where = view->options->words[1];
    if (!number_parse(where + (where[0] == '@'), &number))
        return failure_set(why, "show l2 %s: give a byte offset, or @ and an L1 index",
                           QUOTE(where));
    if (where[0] == '@')
        return follow(view, header, number, why);
    view->offset = number;
    return find_l1_index(view, header, why);
}

/* A table that the end of the file cuts can be shown; one that is not there cannot. */
static int check_table(const struct view *view, struct failure *why)
{
    if (view->offset % view->geometry.cluster_size)
        return failure_set(why,
                           "no table can be at 0x%" PRIx64 ": not a multiple of the cluster size, "
                           "%" PRIu32,
                           view->offset, view->geometry.cluster_size);
    if (view->offset >= view->source->size)
        return failure_set(why, "no table can be at 0x%" PRIx64 ": the file has %" PRIu64 " bytes",
                           view->offset, view->source->size);
    return 0;
}

static uint64_t step_of(const struct view *view)
{
    return view->level == TABLE_L1 ? view->geometry.table_size : view->geometry.cluster_size;
}

/* Where in the guest an element is; empty if that is not known, or past 64 bits. */
static const char *guest_pos(const struct view *view, uint64_t index, char text[24])
{
    uint64_t first = view->level == TABLE_L1 ? 0 : view->l1_index, pos;
    uint64_t size = view->geometry.cluster_size;

    text[0] = '\0';
    if (view->level == TABLE_L1)
        size *= view->geometry.nelems;
    if (first != FINDING_NOWHERE &&
        checked_multiply(first * view->geometry.nelems + index, size, &pos))
        snprintf(text, 24, "0x%" PRIx64, pos);
    return text;
}

static void print_run(const struct view *view, const struct run *run)
{
    uint64_t last = run->value + (run->count - 1) * step_of(view);
    char pos[24], value[48];

    if (run->class == ELEMENT_UNALLOCATED || run->class == ELEMENT_ZERO)
        snprintf(value, sizeof(value), "%d", run->class == ELEMENT_ZERO);
    else if (run->class == ELEMENT_UNREADABLE)
        snprintf(value, sizeof(value), "?");
    else if (run->count == 1)
        snprintf(value, sizeof(value), "0x%" PRIx64, run->value);
    else
        snprintf(value, sizeof(value), "0x%" PRIx64 "..0x%" PRIx64, run->value, last);
    printf("%8" PRIu32 " %8" PRIu32 "  %-18s %-34s %s%s%s\n", run->index, run->count,
           guest_pos(view, run->index, pos), value, pick_class_name(view->level, run->class),
           run->reason ? ": " : "", reason_name(run->reason));
}

static int encode_run(struct view *view, const struct run *run, struct failure *why)
{
    char pos[24], value[24];
    json_t *row;

    snprintf(value, sizeof(value), "0x%" PRIx64, run->value);
    row =
        json_pack("{s:I, s:I, s:s?, s:s}", "index", (json_int_t)run->index, "count",
                  (json_int_t)run->count, "value", run->class == ELEMENT_UNREADABLE ? NULL : value,
                  "class", pick_class_name(view->level, run->class));
    if (row && run->reason)
        json_object_set_new(row, "reason", json_string(reason_name(run->reason)));
    if (row && guest_pos(view, run->index, pos)[0])
        json_object_set_new(row, "guest-pos", json_string(pos));
    if (json_array_append_new(view->rows, row))
        return failure_set_errno(why, ENOMEM, "cannot make JSON");
    return 0;
}

static int put_run(struct view *view, const struct run *run, struct failure *why)
{
    if (view->rows)
        return encode_run(view, run, why);
    print_run(view, run);
    return 0;
}

static int put_elements(struct view *view, const struct run *run, struct failure *why)
{
    struct run one = *run;

    one.count = 1;
    for (uint32_t i = 0; i < run->count; i++, one.index++) {
        if (put_run(view, &one, why))
            return -1;
        if (run->class >= ELEMENT_VALID)
            one.value += step_of(view);
    }
    return 0;
}

static int flush(struct view *view, struct failure *why)
{
    if (view->run.count == 0)
        return 0;
    return view->options->all ? put_elements(view, &view->run, why)
                              : put_run(view, &view->run, why);
}

/* The table's cursor may hand out a long run in parts; they are joined again. */
static int take_run(struct view *view, const struct run *next, struct failure *why)
{
    struct run *run = &view->run;
    uint64_t step = run->class >= ELEMENT_VALID ? step_of(view) : 0;

    if (run->count > 0 && run->class == next->class && run->reason == next->reason &&
        run->value + run->count * step == next->value) {
        run->count += next->count;
        return 0;
    }
    if (flush(view, why))
        return -1;
    *run = *next;
    return 0;
}

static int show_runs(struct view *view, struct failure *why)
{
    struct table_cursor cursor;
    struct run run;
    int more;

    table_begin(&cursor, view->source, &view->geometry, view->level, view->offset, NULL);
    while ((more = table_next(&cursor, &run, why)) > 0) {
        if (take_run(view, &run, why))
            return -1;
    }
    return more < 0 ? -1 : flush(view, why);
}

static void print_title(const struct view *view)
{
    uint64_t size = view->geometry.table_size;

    printf("%s table at 0x%" PRIx64 ", %" PRIu32 " elements", view->level == TABLE_L1 ? "L1" : "L2",
           view->offset, view->geometry.nelems);
    if (view->level == TABLE_L2 && view->l1_index != FINDING_NOWHERE)
        printf(", L1 index %" PRIu64, view->l1_index);
    printf("\n");
    if (!range_inside(view->offset, size, view->source->size))
        printf("the end of the file cuts the table; what is missing reads as 0\n");
    if (view->level == TABLE_L2 && view->l1_index == FINDING_NOWHERE)
        printf("no L1 element points here: what follows may be guest data\n");
    printf("   index    count  guest position     value                              class\n");
}

static int print_all(struct view *view, struct failure *why)
{
    json_t *root;

    if (!view->options->json) {
        print_title(view);
        return show_runs(view, why);
    }
    view->rows = json_array();
    if (!view->rows)
        return failure_set_errno(why, ENOMEM, "cannot make JSON");
    if (show_runs(view, why)) {
        json_decref(view->rows);
        return -1;
    }
    root = json_pack("{s:s, s:I, s:i, s:o}", "table", view->level == TABLE_L1 ? "l1" : "l2",
                     "offset", (json_int_t)view->offset, "elements", (int)view->geometry.nelems,
                     "runs", view->rows);
    if (root && view->level == TABLE_L2 && view->l1_index != FINDING_NOWHERE)
        json_object_set_new(root, "l1-index", json_integer((json_int_t)view->l1_index));
    return print_json(root, why);
}

int show_table(const struct options *options, struct source *source, const struct header *header,
               struct failure *why)
{
    struct view view = {.options = options, .source = source};

    view.level = strcmp(options->words[0], "l1") ? TABLE_L2 : TABLE_L1;
    if (!header_geometry(header, source->size, &view.geometry))
        return failure_set(why, "no table can be found with this header; `show header` tells what "
                                "is wrong with it");
    if (find_table(&view, header, why) || check_table(&view, why))
        return -1;
    return print_all(&view, why);
}
