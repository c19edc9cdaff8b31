/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_SINK_H
#define BUGREPORT_PACK_SINK_H

#include <nettle/sha2.h>

#include "base/output.h"

/* Where the bytes of an archive go: counted, hashed and written, or only counted and hashed. */
struct sink {
    struct output *output; /* NULL: nothing is written */
    uint64_t size;         /* bytes so far */
    struct sha256_ctx hash;
};

#define SINK_HEX_SIZE (2 * SHA256_DIGEST_SIZE + 1)

void sink_init(struct sink *sink, struct output *output);

int sink_write(struct sink *sink, const void *bytes, size_t size, struct failure *why);

/* The digest of a hash as lower-case hex; the hash begins anew. */
void sink_hex(struct sha256_ctx *hash, char hex[SINK_HEX_SIZE]);

#endif
