/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/html/parts.h"
#include "bugreport/html/write.h"
#include "bugreport/render/html.h"
#include "bugreport/template.h"
#include "bugreport/templates.h"

static void write_host_sentence(FILE *out, const void *subject)
{
    const struct record *record = subject;

    fprintf(out, "The file takes %s here", HTML_SIZE(record->actual_size));
    if (record->host_extents != RECORD_UNKNOWN)
        fprintf(out, ", in %s piece%s of its file system", HTML_COUNT(record->host_extents),
                record->host_extents == 1 ? "" : "s");
    fprintf(out, ".");
}

void html_host(FILE *out, const void *subject)
{
    static const struct gap gaps[] = {{"HOST_SENTENCE", NULL, write_host_sentence}, {0}};
    const struct record *record = subject;

    if (record->actual_size != RECORD_UNKNOWN)
        template_write(out, templates_host, gaps, record);
}

static void write_body(FILE *out, const void *record)
{
    static const struct gap gaps[] = {
        {"BANNER", NULL, html_banner},
        {"MEANING", NULL, html_meaning},
        {"PICTURES", NULL, html_pictures},
        {"FINDINGS", NULL, html_findings},
        {"COPY", NULL, html_copy},
        {"HOST", NULL, html_host},
        {0},
    };

    template_write(out, templates_report, gaps, record);
}

char *render_html(const struct record *record, struct failure *why)
{
    static const struct gap gaps[] = {
        {"TITLE", "QED image report", NULL},    {"STYLE", templates_style, NULL},
        {"PATTERNS", templates_patterns, NULL}, {"BODY", NULL, write_body},
        {"VERSION", QEDSCRUB_VERSION, NULL},    {0},
    };

    return template_text(templates_page, gaps, record, why);
}
