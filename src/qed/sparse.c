/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed/sparse.h"

int sparse_write(struct output *output, struct source *source, struct meter *meter,
                 struct failure *why)
{
    struct extent data;
    uint64_t at = 0;
    int found;

    if (output_set_size(output, source->size, why))
        return -1;
    while ((found = source_data(source, at, source->size, &data, why)) > 0) {
        size_t size = data.size < SOURCE_CHUNK ? (size_t)data.size : SOURCE_CHUNK;
        const unsigned char *bytes = source_range(source, data.offset, size, why);

        if (!bytes || output_write_at(output, data.offset, bytes, size, why))
            return -1;
        meter_add(meter, size);
        at = data.offset + size;
    }
    return found;
}
