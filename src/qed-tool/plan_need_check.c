/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/request.h"

/* The bit stands in the first byte of the features, which are little endian. */
int plan_need_check(struct plan *plan, struct source *source, const struct audit *audit,
                    struct request *request, struct failure *why)
{
    unsigned char before = (unsigned char)audit->header.features;
    unsigned char after = (unsigned char)(before & ~QED_F_NEED_CHECK);

    (void)source;
    if (request->need_check)
        after |= QED_F_NEED_CHECK;
    if (plan_note(plan, why, "need_check: %s, %s %s", before & QED_F_NEED_CHECK ? "on" : "off",
                  before == after ? "stays" : "becomes", request->need_check ? "on" : "off"))
        return -1;
    return before == after ? 0 : plan_add(plan, QED_AT_FEATURES, &before, &after, 1, why);
}
