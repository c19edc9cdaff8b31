/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_TAR_HEADER_H
#define BUGREPORT_UNPACK_TAR_HEADER_H

#include <stdbool.h>

#include "bugreport/unpack/untar.h"

/* The headers of a tar archive, decoded; what they could hold besides is refused. */

#define TAR_BLOCK 512

struct tar_header {
    char type; /* '0' a regular file, 'x' attributes of the next one */
    char path[UNTAR_MAX_PATH];
    uint64_t size; /* bytes that follow; UINT64_MAX: see the attributes */
};

/* Decodes a header block. */
int tar_header_decode(const unsigned char block[TAR_BLOCK], struct tar_header *header,
                      struct failure *why);

/* What the attributes of a member say; what they do not is 0. */
struct tar_attributes {
    char path[UNTAR_MAX_PATH]; /* its name, of a sparse one the real one */
    bool has_size;
    uint64_t size; /* bytes that follow, where its own header has no room for the number */
    bool sparse;
    uint64_t real_size; /* of a sparse one: bytes, holes and all */
};

/* Decodes the records of an attributes member: "LENGTH KEY=VALUE\n" each. */
int tar_attributes_decode(const char *text, size_t size, struct tar_attributes *attributes,
                          struct failure *why);

/* A number in decimal digits and nothing else, at most INT64_MAX; false if it is not one. */
bool tar_number(const char *text, size_t length, uint64_t *number);

#endif
