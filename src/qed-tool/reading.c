/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "qed-tool/tool.h"

int open_to_read(struct map **map, const struct options *options, struct failure *why)
{
    if (map_open(map, options->image, why))
        return -1;
    if (map_in_use(*map) <= 0 || options->force_share)
        return 0;
    map_close(*map);
    *map = NULL;
    return failure_set(why, "is in use, perhaps by a virtual machine; stop that, or if the command "
                            "only reads give -U");
}

int print_json(json_t *value, struct failure *why)
{
    char *text = value ? json_dumps(value, JSON_INDENT(4)) : NULL;

    json_decref(value);
    if (!text)
        return failure_set_errno(why, ENOMEM, "cannot make JSON");
    puts(text);
    free(text);
    return 0;
}
