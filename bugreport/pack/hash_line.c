/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/pack/hash_line.h"

void hash_line_init(struct hash_line *line)
{
    *line = (struct hash_line){.turn = 0};
    pthread_mutex_init(&line->lock, NULL);
    pthread_cond_init(&line->moved, NULL);
    sha256_init(&line->hash);
}

void hash_line_free(struct hash_line *line)
{
    pthread_mutex_destroy(&line->lock);
    pthread_cond_destroy(&line->moved);
}

bool hash_line_is_next(struct hash_line *line, uint64_t number)
{
    bool next;

    pthread_mutex_lock(&line->lock);
    next = line->turn == number;
    pthread_mutex_unlock(&line->lock);
    return next;
}

void hash_line_add(struct hash_line *line, uint64_t number, const void *bytes, size_t size)
{
    pthread_mutex_lock(&line->lock);
    while (line->turn < number)
        pthread_cond_wait(&line->moved, &line->lock);
    pthread_mutex_unlock(&line->lock);
    sha256_update(&line->hash, size, bytes);
    pthread_mutex_lock(&line->lock);
    line->turn++;
    pthread_cond_broadcast(&line->moved);
    pthread_mutex_unlock(&line->lock);
}

void hash_line_end(struct hash_line *line, const void *bytes, size_t size, char hex[SINK_HEX_SIZE])
{
    sha256_update(&line->hash, size, bytes);
    sink_hex(&line->hash, hex);
}
