/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

static const struct atlas *atlas_of(const void *record)
{
    return ((const struct record *)record)->atlas;
}

static void write_cell(FILE *out, const void *record, const struct atlas_axis *axis)
{
    fputs(HTML_SIZE(atlas_cell_size(atlas_of(record), axis)), out);
}

static void write_column_size(FILE *out, const void *record)
{
    write_cell(out, record, &atlas_of(record)->columns);
}

static void write_row_size(FILE *out, const void *record)
{
    write_cell(out, record, &atlas_of(record)->rows);
}

static void write_guest_cell(FILE *out, const void *record)
{
    write_cell(out, record, &atlas_of(record)->guest);
}

static void write_file_cell(FILE *out, const void *record)
{
    write_cell(out, record, &atlas_of(record)->file);
}

static void write_guest_end(FILE *out, const void *record)
{
    fputs(HTML_SIZE(atlas_of(record)->guest.clusters * atlas_of(record)->cluster_size), out);
}

static void write_file_end(FILE *out, const void *record)
{
    fputs(HTML_SIZE(((const struct record *)record)->file_size), out);
}

static void write_of_copy(FILE *out, const void *subject)
{
    const struct record *record = subject;

    if (record_copy_differs(&record->copy))
        fprintf(out,
                "<p>The maps are drawn from the copy in this bundle, which is not in all words "
                "the original: what stands in for others is no evidence.</p>\n");
}

static void write_outside(FILE *out, const void *record)
{
    if (atlas_of(record)->outside)
        fprintf(out, "<p>Past the end of the disk, and not in this map: %s element%s in use.</p>\n",
                HTML_COUNT(atlas_of(record)->outside), atlas_of(record)->outside == 1 ? "" : "s");
}

static void write_beyond(FILE *out, const void *record)
{
    if (atlas_of(record)->beyond)
        fprintf(out, "<p>%s %s past the end of the file.</p>\n",
                HTML_COUNT(atlas_of(record)->beyond),
                atlas_of(record)->beyond == 1 ? "element points" : "elements point");
}

static void write_without(FILE *out, const void *subject)
{
    const struct record *record = subject;

    if (record->copy.suspect_count > 0)
        fprintf(out,
                "<p>There are no maps of where clusters lie, since not all tables of the image "
                "are in the copy.</p>\n");
    html_runs(out, record);
}

void html_pictures(FILE *out, const void *subject)
{
    static const struct gap gaps[] = {
        {"DOTS", NULL, html_dots},
        {"DOTS_TABLE", NULL, html_dots_table},
        {"GUEST", NULL, html_guest},
        {"GUEST_TABLE", NULL, html_guest_table},
        {"FILE", NULL, html_file},
        {"FILE_LEGEND", NULL, html_file_legend},
        {"FILE_TABLE", NULL, html_file_table},
        {"COLUMN_SIZE", NULL, write_column_size},
        {"ROW_SIZE", NULL, write_row_size},
        {"GUEST_CELL", NULL, write_guest_cell},
        {"FILE_CELL", NULL, write_file_cell},
        {"GUEST_END", NULL, write_guest_end},
        {"FILE_END", NULL, write_file_end},
        {"OUTSIDE", NULL, write_outside},
        {"BEYOND", NULL, write_beyond},
        {0},
    };
    const struct record *record = subject;

    if (!record->atlas) {
        write_without(out, record);
        return;
    }
    write_of_copy(out, record);
    if (record->allocated_clusters > 0)
        template_write(out, templates_dots, gaps, record);
    if (record->allocated_clusters + record->zero_clusters > 0)
        template_write(out, templates_guest, gaps, record);
    template_write(out, templates_file, gaps, record);
    html_runs(out, record);
    html_worst(out, record);
}
