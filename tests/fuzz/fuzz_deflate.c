/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deflates the input as a table and lets zlib inflate it; aborts where that does not give back what
 * went in, all of it and nothing else, or where it takes more room than it may.
 *
 * To get at long matches and full blocks from small input, its first two bytes say how often the
 * rest is repeated and how far each repetition is cut short.
 */
#include <zlib.h>

#include "bugreport/pack/table_deflate.h"
#include "tests/fuzz/fuzz.h"

static unsigned char *repeat(const uint8_t *data, size_t size, size_t *total)
{
    size_t times = size > 2 ? 1 + (size_t)data[0] * data[0] / 64 : 1;
    size_t part = size > 2 ? size - 2 - data[1] % (size - 2) : 0;
    unsigned char *bytes;

    *total = times * part < TABLE_DEFLATE_MOST ? times * part : TABLE_DEFLATE_MOST;
    bytes = malloc(*total + 1);
    demand(bytes != NULL);
    for (size_t i = 0; i < *total; i++)
        bytes[i] = data[2 + i % part];
    return bytes;
}

static void check_inflates(const unsigned char *deflated, size_t deflated_size,
                           const unsigned char *bytes, size_t size)
{
    unsigned char *back = malloc(size + 1);
    z_stream stream = {0};

    demand(back && inflateInit2(&stream, -15) == Z_OK);
    stream.next_in = (unsigned char *)(uintptr_t)deflated;
    stream.avail_in = (uInt)deflated_size;
    stream.next_out = back;
    stream.avail_out = (uInt)size + 1;
    demand(inflate(&stream, Z_SYNC_FLUSH) == Z_OK);
    demand(stream.avail_in == 0 && stream.total_out == size && !memcmp(back, bytes, size));
    inflateEnd(&stream);
    free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char joint[] = {0, 0, 0xff, 0xff};
    struct table_deflate *encoder = table_deflate_new();
    unsigned char *bytes, *deflated;
    size_t total, used;

    bytes = repeat(data, size, &total);
    deflated = malloc(TABLE_DEFLATE_ROOM(total));
    demand(encoder && deflated);
    used = table_deflate(encoder, bytes, total, deflated);
    demand(used <= total + (total + 65534) / 65535 * 5 + 5);
    demand(!memcmp(deflated + used - sizeof(joint), joint, sizeof(joint)));
    check_inflates(deflated, used, bytes, total);
    table_deflate_free(encoder);
    free(deflated);
    free(bytes);
    return 0;
}
