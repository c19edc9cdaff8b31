/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/quote.h"
#include "qed-tool/proposal.h"
#include "qed-tool/tool.h"

static int print(const struct options *options, const struct header *header, uint64_t size,
                 struct failure *why)
{
    bool on = header->features & QED_F_NEED_CHECK;
    struct geometry geometry;

    if (!header_geometry(header, size, &geometry))
        return failure_set(why, "not a header that can be trusted; `show` tells what is wrong");
    if (options->json)
        return print_json(json_pack("{s:b}", "need-check", on), why);
    printf("need_check: %s\n", on ? "on" : "off");
    return 0;
}

static int show_bit(const struct options *options, struct failure *why)
{
    struct header header;
    struct map *map;
    int result;

    if (options->dry_run || options->save_undo)
        return failure_set(why, "need_check alone writes nothing; say on or off");
    if (open_to_read(&map, options, why))
        return -1;
    result = header_read(map_source(map), &header, why);
    if (!result)
        result = print(options, &header, map_source(map)->size, why);
    map_close(map);
    return result;
}

int cmd_need_check(const struct options *options, struct failure *why)
{
    struct request request = {0};

    if (options->word_count == 0)
        return show_bit(options, why);
    request.need_check = !strcmp(options->words[0], "on");
    if (!request.need_check && strcmp(options->words[0], "off") != 0)
        return failure_set(why, "need_check %s: give on or off", QUOTE(options->words[0]));
    return run_edit(options, plan_need_check, &request, false, why);
}
