/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "bugreport/fleet_json.h"
#include "bugreport/json_text.h"
#include "bugreport/render/formats.h"

/* Writes a value in one line without its end, and releases it. */
static int print(FILE *out, json_t *value, struct failure *why)
{
    char *text = value ? json_text(value, JSON_COMPACT, why) : NULL;

    if (text)
        fputs(text, out);
    json_decref(value);
    free(text);
    return text ? 0 : -1;
}

static int print_all(FILE *out, const struct fleet *fleet, const char *between, struct failure *why)
{
    for (size_t i = 0; i < fleet->count; i++) {
        if (i)
            fputs(between, out);
        if (print(out, json_entry(&fleet->entries[i], fleet, why), why))
            return -1;
    }
    return 0;
}

int render_ndjson(FILE *out, const struct fleet *fleet, const struct render_options *options,
                  struct failure *why)
{
    (void)options;
    if (print_all(out, fleet, "\n", why))
        return -1;
    if (fleet->count)
        fputs("\n", out);
    if (print(out, json_summary(fleet, why), why))
        return -1;
    fputs("\n", out);
    return 0;
}

int render_fleet_json(FILE *out, const struct fleet *fleet, const struct render_options *options,
                      struct failure *why)
{
    (void)options;
    fputs("{\"schema\":\"" FLEET_SCHEMA "\",\"images\":[\n", out);
    if (print_all(out, fleet, ",\n", why))
        return -1;
    fputs("\n],\"summary\":", out);
    if (print(out, json_summary(fleet, why), why))
        return -1;
    fputs("}\n", out);
    return 0;
}
