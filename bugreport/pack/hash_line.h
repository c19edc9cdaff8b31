/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_PACK_HASH_LINE_H
#define BUGREPORT_PACK_HASH_LINE_H

#include <pthread.h>
#include <stdbool.h>

#include "bugreport/pack/sink.h"

/*
 * A SHA-256 over parts that several threads have at hand, each of which adds its part when those
 * before have been added: a hash cannot be computed side by side, but whoever does it is free to do
 * something else afterwards.
 */
struct hash_line {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t turn; /* number of the part that is next, from 0 */
    struct sha256_ctx hash;
};

void hash_line_init(struct hash_line *line);
void hash_line_free(struct hash_line *line);

/* Whether hash_line_add() would not have to wait for that part's turn. */
bool hash_line_is_next(struct hash_line *line, uint64_t number);

/*
 * Adds part number `number`, which may be empty, once it is its turn. Each must be added once, and
 * by somebody who begins it after those before have been begun.
 */
void hash_line_add(struct hash_line *line, uint64_t number, const void *bytes, size_t size);

/*
 * Adds some last bytes and gives the hash in hex; the next part begins a new one. Nobody may be
 * adding meanwhile.
 */
void hash_line_end(struct hash_line *line, const void *bytes, size_t size, char hex[SINK_HEX_SIZE]);

#endif
