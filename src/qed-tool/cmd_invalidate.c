/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/tool.h"

int cmd_invalidate(const struct options *options, struct failure *why)
{
    struct request request = {.kind = options->kind};

    if (request_element(options, &request, why))
        return -1;
    return run_edit(options, plan_invalidate, &request, true, why);
}
