/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/tool.h"

int cmd_duplicate(const struct options *options, struct failure *why)
{
    struct request request = {0};

    if (request_element(options, &request, why))
        return -1;
    return run_edit(options, plan_duplicate, &request, true, why);
}
