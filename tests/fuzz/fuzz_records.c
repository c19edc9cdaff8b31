/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the input for a file of records, as merge and --baseline read them, and renders the fleet
 * in each format; aborts where the records written are not those that were read.
 */
#include <stdio.h>

#include "bugreport/fleet_read.h"
#include "bugreport/render/formats.h"
#include "tests/fuzz/fuzz.h"

static bool read_fleet(struct fleet *fleet, const char *text, size_t size)
{
    FILE *in = fmemopen((void *)(uintptr_t)text, size, "r");
    struct fleet_source source = {0};
    struct failure why = {0};
    int result;

    demand(in != NULL);
    fleet_init(fleet);
    result = fleet_read(fleet, in, &source, &why);
    fclose(in);
    demand(!result || why.text[0]);
    if (result)
        return false;
    demand(!fleet_finish(fleet, &why));
    policy_judge(fleet);
    return true;
}

static char *rendered(const struct fleet *fleet, render_function *render, size_t *size)
{
    const struct render_options options = {0};
    struct failure why = {0};
    char *text = NULL;
    FILE *out = open_memstream(&text, size);

    demand(out && !render(out, fleet, &options, &why));
    demand(!fclose(out));
    return text;
}

/* What was read once is read again, and then written as it was. */
static void check_again(const struct fleet *fleet)
{
    size_t size, again_size;
    char *text = rendered(fleet, render_ndjson, &size), *again_text;
    struct fleet again;

    demand(read_fleet(&again, text, size));
    demand(again.count == fleet->count);
    again.policy = fleet->policy;
    policy_judge(&again);
    again_text = rendered(&again, render_ndjson, &again_size);
    demand(size == again_size && !memcmp(text, again_text, size));
    fleet_free(&again);
    free(text);
    free(again_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fleet fleet;
    size_t length;

    if (size == 0)
        return 0;
    if (read_fleet(&fleet, (const char *)data, size)) {
        for (const struct format_row *row = format_rows; row->name; row++)
            free(rendered(&fleet, row->render, &length));
        check_again(&fleet);
    }
    fleet_free(&fleet);
    return 0;
}
