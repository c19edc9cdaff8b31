/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/audit_parts.h"
#include "qed/survey_read.h"

int audit_survey(struct audit *audit, struct source *source, unsigned jobs, struct failure *why)
{
    struct survey survey;
    int result = 0;

    if (audit_begin_inventory(audit, why))
        return -1;
    if (!survey_init(&survey, &audit->geometry, audit->header.l1_table_offset, &audit->inventory,
                     &(struct failure){0}) &&
        survey_read(&survey, source, jobs)) {
        audit->usage = survey.usage;
        audit->leaks = survey.leaks;
        audit->walked = true;
        result = audit->leaks && audit_list_leaks(audit, &survey.claims, why) ? -1 : 1;
    }
    survey_free(&survey);
    return result;
}
