/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit_feed.h"
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

bool audit_can_survey(const struct audit *audit)
{
    return audit->header.header_size > 0 &&
           geometry_holds_table(&audit->geometry, audit->header.l1_table_offset);
}

int audit_begin_survey(struct audit *audit, struct survey *survey, bool atlas, struct failure *why)
{
    *survey = (struct survey){0};
    if (audit_begin_inventory(audit, why) || (atlas && audit_begin_atlas(audit, 0, why)))
        return -1;
    return survey_init(survey, &audit->geometry, audit->header.l1_table_offset, &audit->inventory,
                       audit->atlas, why);
}

int audit_survey(struct audit *audit, struct source *source, const struct audit_options *options,
                 struct failure *why)
{
    struct failure ignored = {0};
    struct survey survey;
    int result = 0;

    if (options->feed && audit_take_feed(audit, options->feed))
        return take_over(audit, &options->feed->survey, why) ? -1 : 1;
    if (!audit_begin_survey(audit, &survey, options->atlas, &ignored)) {
        survey.meter = options->meter;
        if (survey_read(&survey, source, options->jobs))
            result = take_over(audit, &survey, why) ? -1 : 1;
    }
    survey_free(&survey);
    return result;
}
