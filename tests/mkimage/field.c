/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field.h"

#include <err.h>
#include <string.h>

#include "qed/format.h"

const struct field *field_find(const char *name)
{
    static const struct field fields[] = {
        {"magic", QED_AT_MAGIC, false},
        {"cluster_size", QED_AT_CLUSTER_SIZE, false},
        {"table_size", QED_AT_TABLE_SIZE, false},
        {"header_size", QED_AT_HEADER_SIZE, false},
        {"features", QED_AT_FEATURES, true},
        {"compat_features", QED_AT_COMPAT_FEATURES, true},
        {"autoclear_features", QED_AT_AUTOCLEAR_FEATURES, true},
        {"l1_table_offset", QED_AT_L1_TABLE_OFFSET, true},
        {"image_size", QED_AT_IMAGE_SIZE, true},
        {"backing_filename_offset", QED_AT_BACKING_FILENAME_OFFSET, false},
        {"backing_filename_size", QED_AT_BACKING_FILENAME_SIZE, false},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (!strcmp(fields[i].name, name))
            return &fields[i];
    return NULL;
}

bool field_set(struct image *image, const struct field *field, uint64_t value)
{
    if (field->wide)
        return image_put64(image, field->offset, value);
    if (value > UINT32_MAX) {
        warnx("%s has 32 bits only", field->name);
        return false;
    }
    return image_put32(image, field->offset, (uint32_t)value);
}
