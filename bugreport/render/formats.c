/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/render/formats.h"

#include <string.h>

const struct format_row format_rows[] = {
    {"human", render_table, "a table"},
    {"json", render_fleet_json, "one JSON object"},
    {"ndjson", render_ndjson, "JSON, a record on each line"},
    {"csv", render_csv, "comma-separated values"},
    {"junit", render_junit, "JUnit XML, as Jenkins and GitLab read it"},
    {"openmetrics", render_openmetrics, "OpenMetrics text"},
    {"markdown", render_markdown, "GitHub-flavoured Markdown"},
    {"github", render_github, "annotations for GitHub workflows"},
    {"html", render_fleet_html, "a page of HTML"},
    {0},
};

const struct format_row *format_find(const char *name)
{
    for (const struct format_row *row = format_rows; row->name; row++) {
        if (!strcmp(row->name, name))
            return row;
    }
    return NULL;
}
