/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/quote.h"
#include "qed-tool/tool.h"

static int show(const struct options *options, struct source *source, struct failure *why)
{
    const char *what = options->word_count ? options->words[0] : "header";
    struct header header;
    bool l2 = !strcmp(what, "l2");

    if (strcmp(what, "header") != 0 && strcmp(what, "l1") != 0 && !l2)
        return failure_set(why, "show %s: give header, l1, or l2 with an offset", QUOTE(what));
    if (options->word_count != (l2 ? 2 : options->word_count > 0))
        return failure_set(why, l2 ? "show l2: give the table's offset, or @ and its L1 index"
                                   : "show: only l2 takes an offset");
    if (header_read(source, &header, why))
        return -1;
    if (!strcmp(what, "header"))
        return show_header(options, source, &header, why);
    return show_table(options, source, &header, why);
}

int cmd_show(const struct options *options, struct failure *why)
{
    struct map *map;
    int result;

    if (open_to_read(&map, options, why))
        return -1;
    result = show(options, map_source(map), why);
    map_close(map);
    return result;
}
