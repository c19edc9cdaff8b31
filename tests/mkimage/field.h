/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MKIMAGE_FIELD_H
#define MKIMAGE_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "image.h"

/* The fields of the header by the names that the specification gives them. */
struct field {
    const char *name;
    uint64_t offset;
    bool wide; /* 64 bits, else 32 */
};

/* NULL if there is no such field. */
const struct field *field_find(const char *name);

/* Writes a field as it stands in the file, whatever the value; false after a message. */
bool field_set(struct image *image, const struct field *field, uint64_t value);

#endif
