/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/sink.h"

#include <stdio.h>

void sink_init(struct sink *sink, struct output *output)
{
    *sink = (struct sink){.output = output};
    sha256_init(&sink->hash);
}

int sink_write(struct sink *sink, const void *bytes, size_t size, struct failure *why)
{
    sha256_update(&sink->hash, size, bytes);
    sink->size += size;
    return sink->output ? output_write(sink->output, bytes, size, why) : 0;
}

void sink_hex(struct sha256_ctx *hash, char hex[SINK_HEX_SIZE])
{
    uint8_t digest[SHA256_DIGEST_SIZE];

    sha256_digest(hash, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
