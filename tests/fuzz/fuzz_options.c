/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes the input for the command line of qedscrub, a word a line; aborts where it is refused
 * without a reason, or what is accepted is out of its range.
 */
#include <getopt.h>

#include "base/quote.h"
#include "qedscrub/commands.h"
#include "qedscrub/options.h"
#include "tests/fuzz/fuzz.h"

/* What main() gives to the commands, of which none is run. */
void complain(const struct failure *why)
{
    (void)why;
}

#define MAX_WORDS 24
#define MAX_TEXT  500

static void check_options(const struct options *options, int argc)
{
    unsigned reports = options->report_count;

    demand(options->command & COMMAND_ALL);
    demand(options->word_count >= 0 && options->word_count < argc);
    demand(reports <= MAX_REPORTS);
    for (unsigned i = 0; i < reports; i++)
        demand(options->reports[i].format && options->reports[i].path[0]);
    demand(options->shard_count <= FLEET_MAX_SHARDS);
    demand(options->shard_number <= options->shard_count);
    demand((options->shard_count == 0) == (options->shard_number == 0));
    demand(options->policy.max_fragmentation == POLICY_NO_LIMIT ||
           (options->policy.max_fragmentation >= 0 && options->policy.max_fragmentation <= 100));
    demand(!(options->policy.fail_on >> CAUSES));
}

/* No message holds anything that could move a cursor. */
static void check_message(const char *text)
{
    demand(text[0] != '\0');
    for (size_t at = 0, size; text[at]; at += size) {
        unsigned character = 0;

        size = quote_utf8(text + at, strlen(text + at), &character);
        demand(size > 0 && !quote_is_unsafe(character));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[MAX_TEXT + 1] = {0}, program[] = "qedscrub", *argv[MAX_WORDS + 2] = {program}, *rest;
    struct options options;
    struct failure why = {0};
    int argc = 1;

    memcpy(text, data, size < MAX_TEXT ? size : MAX_TEXT);
    for (char *word = strtok_r(text, "\n", &rest); word && argc <= MAX_WORDS;
         word = strtok_r(NULL, "\n", &rest))
        argv[argc++] = word;
    optind = 0;
    if (!options_parse(&options, argc, argv, &why))
        check_options(&options, argc);
    else
        check_message(why.text);
    return 0;
}
