/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/announce.h"
#include "qed-tool/tool.h"
#include "qed-tool/undo.h"

int cmd_undo(const struct options *options, struct failure *why)
{
    struct undo undo;
    struct request request = {.undo = &undo};
    int result = undo_load(&undo, options->words[0], why);

    if (!result)
        result = run_edit(options, plan_undo, &request, false, why);
    else
        announce_failure(options, NULL, EDIT_UNTOUCHED, why);
    undo_free(&undo);
    return result;
}
