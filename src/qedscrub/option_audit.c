/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/fleet.h"
#include "qedscrub/option_rows.h"

#define MOST_SECONDS 1000000

int option_set_files0_from(struct options *options, const char *argument, struct failure *why)
{
    (void)why;
    options->files0_from = argument;
    return 0;
}

int option_set_journal(struct options *options, const char *argument, struct failure *why)
{
    if (!argument[0] || !strcmp(argument, "-"))
        return failure_set(why, "--journal %s: give the name of a file", QUOTE(argument));
    options->journal = argument;
    return 0;
}

/* The bit of a word of --only; 0: there is no such word. */
static unsigned only_bit(const char *word, size_t length)
{
    static const struct {
        const char *word;
        unsigned bit;
    } words[] = {
        {"corrupt", PACK_CORRUPT}, {"leaks", PACK_LEAKS}, {"dirty", PACK_DIRTY}, {"all", PACK_ALL}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) == length && !memcmp(words[i].word, word, length))
            return words[i].bit;
    }
    return 0;
}

int option_set_only(struct options *options, const char *argument, struct failure *why)
{
    const char *at = argument;
    size_t length;

    for (;; at += length + 1) {
        unsigned bit;

        length = strcspn(at, ",");
        bit = only_bit(at, length);
        if (!bit)
            return failure_set(why, "--only %s: give some of corrupt,leaks,dirty, or all",
                               QUOTE(argument));
        options->only |= bit;
        if (!at[length])
            return 0;
    }
}

int option_set_resume(struct options *options, const char *argument, struct failure *why)
{
    (void)why;
    options->resume = argument;
    return 0;
}

/* A number from 1 to most at the start of a text; *end is what follows. */
static bool take_number(const char *text, unsigned most, unsigned *number, const char **end)
{
    char *rest;
    unsigned long value = strtoul(text, &rest, 10);

    *number = (unsigned)value;
    *end = rest;
    return text[0] >= '1' && text[0] <= '9' && value <= most;
}

int option_set_shard(struct options *options, const char *argument, struct failure *why)
{
    const char *rest;

    if (take_number(argument, FLEET_MAX_SHARDS, &options->shard_number, &rest) && rest[0] == '/' &&
        take_number(rest + 1, FLEET_MAX_SHARDS, &options->shard_count, &rest) && !rest[0] &&
        options->shard_number <= options->shard_count)
        return 0;
    return failure_set(why, "--shard %s: give K/N, as in 1/8, with K from 1 to N and N up to %u",
                       QUOTE(argument), FLEET_MAX_SHARDS);
}

int option_set_timeout(struct options *options, const char *argument, struct failure *why)
{
    const char *rest;

    if (take_number(argument, MOST_SECONDS, &options->timeout, &rest) && !rest[0])
        return 0;
    return failure_set(why, "--timeout %s: give seconds, from 1 to %d", QUOTE(argument),
                       MOST_SECONDS);
}
