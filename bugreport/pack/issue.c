/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/issue.h"

#include <inttypes.h>

#include "bugreport/template.h"
#include "bugreport/templates.h"

struct issue {
    const struct record *record;
    const char *label;
};

static const struct record *record_of(const void *issue)
{
    return ((const struct issue *)issue)->record;
}

/* A fact of the host, or a prompt for it. */
static void write_fact(FILE *out, const char *fact, const char *prompt)
{
    fputs(fact ? fact : prompt, out);
}

static void write_distribution(FILE *out, const void *issue)
{
    write_fact(out, record_of(issue)->environment.distribution, "<!-- of the host -->");
}

static void write_kernel(FILE *out, const void *issue)
{
    write_fact(out, record_of(issue)->environment.kernel, "<!-- uname -sr -->");
}

static void write_architecture(FILE *out, const void *issue)
{
    write_fact(out, record_of(issue)->environment.architecture, "<!-- uname -m -->");
}

static void write_verdict(FILE *out, const void *issue)
{
    const struct record *record = record_of(issue);

    fprintf(out, "%s%s%s", verdict_name(record->verdict),
            record->dirty_flag ? ", marked dirty (need-check)" : "",
            record->in_use ? ", read while in use" : "");
    if (record->has_figures)
        fprintf(out, "; %" PRIu64 " corruptions", record->corruptions);
    if (record->has_figures && record->leaks != RECORD_UNKNOWN)
        fprintf(out, ", %" PRIu64 " leaked clusters", record->leaks);
    fprintf(out, ".");
}

static void write_summary(FILE *out, const void *issue)
{
    char line[QEMU_SUMMARY_SIZE];

    qemu_summary(&record_of(issue)->qemu, line);
    fputs(line, out);
}

static void write_findings(FILE *out, const void *issue)
{
    const struct record *record = record_of(issue);

    for (int kind = 0; kind < FINDING_KINDS; kind++) {
        const struct finding_row *row = finding_row((enum finding_kind)kind);

        if (record->kinds[kind])
            fprintf(out, "- %s `%s`, %" PRIu64 ": %s. Likely: %s.\n", severity_name(row->severity),
                    row->name, record->kinds[kind], row->text, row->cause);
    }
}

static void write_libraries(FILE *out, const void *issue)
{
    const char *libraries = record_of(issue)->environment.libraries;

    if (libraries)
        fprintf(out, " (%s)", libraries);
}

static void write_contents(FILE *out, const void *subject)
{
    const struct issue *issue = subject;

    if (issue->record->copy.present)
        fprintf(out,
                "Beside reports it holds a sparse copy of the image's metadata, without the "
                "guest's data:\n\n    tar xf ARCHIVE\n    qemu-img check %s/image.qed\n\n"
                "report.txt in it lists the findings with their places, README.txt tells what was "
                "removed.",
                issue->label);
    else
        fprintf(out, "It holds reports, but no copy of the image, since its header allows none.");
}

char *issue_text(const struct record *record, const char *label, struct failure *why)
{
    static const struct gap gaps[] = {
        {"VERSION", QEDSCRUB_VERSION, NULL}, {"DISTRIBUTION", NULL, write_distribution},
        {"KERNEL", NULL, write_kernel},      {"ARCHITECTURE", NULL, write_architecture},
        {"VERDICT", NULL, write_verdict},    {"SUMMARY", NULL, write_summary},
        {"FINDINGS", NULL, write_findings},  {"LIBRARIES", NULL, write_libraries},
        {"CONTENTS", NULL, write_contents},  {0},
    };
    struct issue issue = {record, label};

    return template_text(templates_issue, gaps, &issue, why);
}
