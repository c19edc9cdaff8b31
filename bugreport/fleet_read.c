/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/fleet_read.h"

#include <inttypes.h>
#include <string.h>

#include "base/quote.h"
#include "bugreport/fleet_json.h"
#include "bugreport/json_take.h"

struct reading {
    struct fleet *fleet;
    FILE *in;
    struct fleet_source *source;
    size_t budget;    /* bytes that the value in hand may still take */
    uint64_t offset;  /* of the next byte in the file */
    size_t unsummed;  /* records since the last summary */
    bool summary_due; /* they are of an audit, which ends in a summary */
    bool ended;       /* in the midst of a value */
};

/* Takes a byte of the file. At a zero byte it is at its end for us. */
static int take_byte(struct reading *reading)
{
    int byte = getc_unlocked(reading->in);

    reading->offset++;
    if (byte != '\0')
        return byte;
    while (byte == '\0')
        byte = getc_unlocked(reading->in);
    reading->ended = true;
    reading->source->holed = byte != EOF;
    return EOF;
}

/* Hands out single bytes, so that jansson takes none that belongs to the next value. */
static size_t next_byte(void *buffer, size_t size, void *data)
{
    struct reading *reading = data;
    int byte;

    (void)size;
    if (reading->budget == 0)
        return 0;
    reading->budget--;
    byte = take_byte(reading);
    if (byte == EOF)
        return 0;
    *(char *)buffer = (char)byte;
    return 1;
}

/* Passes over what may stand between values. Returns the byte that comes next, or EOF. */
static int next_start(struct reading *reading)
{
    int byte;

    do {
        byte = take_byte(reading);
    } while (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t');
    reading->offset--;
    return ungetc(byte, reading->in);
}

/* An object that the end of the file cuts is no mistake of its writer's. */
static json_t *next_value(struct reading *reading, int start, struct failure *why)
{
    const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES;
    json_error_t error;
    json_t *value;

    if (start != '{') {
        failure_set(why, "is not a JSON object");
        return NULL;
    }
    reading->budget = FLEET_READ_LIMIT;
    value = json_load_callback(next_byte, reading, flags, &error);
    if (value)
        return value;
    reading->ended |= feof(reading->in) != 0;
    if (reading->ended)
        return NULL;
    if (reading->budget == 0)
        failure_set(why, "takes more than %u bytes", FLEET_READ_LIMIT);
    else
        failure_set(why, "is not JSON, line %d, column %d: %s", error.line, error.column,
                    QUOTE(error.text));
    return NULL;
}

static int take_record(struct reading *reading, const json_t *object, struct failure *why)
{
    reading->source->records++;
    reading->unsummed++;
    reading->summary_due |= json_has(object, "status");
    return fleet_add_json(reading->fleet, object, why);
}

static void take_policy(struct fleet_source *source, const struct policy *policy)
{
    source->policies_differ |= source->has_policy && !policy_same(&source->policy, policy);
    source->has_policy = true;
    source->policy = *policy;
}

static int take_summary(struct reading *reading, const json_t *object, struct failure *why)
{
    struct summary summary;

    if (summary_from_json(&summary, object, why))
        return -1;
    take_policy(reading->source, &summary.policy);
    if (summary.shards && fleet_add_shards(reading->fleet, summary.shards, why))
        return -1;
    reading->fleet->interrupted |= summary.interrupted;
    reading->source->cut |= summary.paths != reading->unsummed;
    reading->unsummed = 0;
    reading->summary_due = false;
    return 0;
}

static int take_fleet(struct reading *reading, const json_t *object, struct failure *why)
{
    const json_t *images = take_list(object, "images", why);
    const json_t *summary = take_object(object, "summary", why);

    for (size_t i = 0; i < json_array_size(images) && !why->text[0]; i++) {
        if (take_record(reading, json_array_get(images, i), why)) {
            char name[32];

            snprintf(name, sizeof(name), "images %zu", i + 1);
            failure_prefix(why, name);
            return -1;
        }
    }
    return why->text[0] ? -1 : take_summary(reading, summary, why);
}

static int take_value(struct reading *reading, const json_t *value, struct failure *why)
{
    const char *schema = take_string(value, "schema", why);

    if (!schema)
        return -1;
    if (!strcmp(schema, RECORD_SCHEMA))
        return take_record(reading, value, why);
    if (!strcmp(schema, SUMMARY_SCHEMA))
        return take_summary(reading, value, why);
    if (!strcmp(schema, FLEET_SCHEMA))
        return take_fleet(reading, value, why);
    return failure_set(why, "schema: %s is not known to this version", QUOTE(schema));
}

int fleet_read(struct fleet *fleet, FILE *in, struct fleet_source *source, struct failure *why)
{
    struct reading reading = {.fleet = fleet, .in = in, .source = source};
    const size_t first = fleet->count;
    uint64_t number = 0;
    int result = 0, start;

    source->cut = source->holed = false;
    source->whole = 0;
    while (!result && !reading.ended && (start = next_start(&reading)) != EOF) {
        json_t *value = next_value(&reading, start, why);

        number++;
        if (value)
            result = take_value(&reading, value, why);
        else if (!reading.ended)
            result = -1;
        if (value && !result)
            source->whole = reading.offset;
        json_decref(value);
    }
    if (result) {
        char name[32];

        snprintf(name, sizeof(name), "value %" PRIu64, number);
        failure_prefix(why, name);
        return -1;
    }
    if (ferror(in))
        return failure_set(why, "cannot be read");
    source->torn = reading.ended;
    source->cut |= reading.ended || reading.summary_due;
    fleet->interrupted |= source->cut;
    fleet_keep_last(fleet, first);
    return 0;
}
