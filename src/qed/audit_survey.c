/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit_parts.h"
#include "qed/survey_read.h"

static int take_over(struct audit *audit, const struct survey *survey, struct failure *why)
{
    audit->usage = survey->usage;
    audit->leaks = survey->leaks;
    audit->walked = true;
    if (audit->atlas)
        audit_chart_leaks(audit, &survey->claims);
    return audit->leaks ? audit_list_leaks(audit, &survey->claims, why) : 0;
}

int audit_survey(struct audit *audit, struct source *source, const struct audit_options *options,
                 struct failure *why)
{
    struct failure ignored = {0};
    struct survey survey;
    int result = 0;

    if (audit_begin_inventory(audit, why) || (options->atlas && audit_begin_atlas(audit, 0, why)))
        return -1;
    if (!survey_init(&survey, &audit->geometry, audit->header.l1_table_offset, &audit->inventory,
                     audit->atlas, &ignored)) {
        survey.meter = options->meter;
        if (survey_read(&survey, source, options->jobs))
            result = take_over(audit, &survey, why) ? -1 : 1;
    }
    survey_free(&survey);
    return result;
}
