/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/source.h"

#include <inttypes.h>

#include "base/checked.h"

int source_data(struct source *source, uint64_t from, uint64_t end, struct extent *found,
                struct failure *why)
{
    if (end > source->size)
        end = source->size;
    if (from >= end)
        return 0;
    return source->kind->data(source, from, end, found, why);
}

const unsigned char *source_range(struct source *source, uint64_t offset, size_t size,
                                  struct failure *why)
{
    if (size > SOURCE_CHUNK || !range_inside(offset, size, source->size)) {
        failure_set(why, "offset 0x%" PRIx64 ": %zu bytes asked for, the image has %" PRIu64,
                    offset, size, source->size);
        return NULL;
    }
    return source->kind->range(source, offset, size, why);
}
