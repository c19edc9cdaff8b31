/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bugreport/unpack/account.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/quote.h"
#include "bugreport/json_take.h"
#include "bugreport/pack/manifest.h"
#include "bugreport/unpack/tar_header.h"

/* What can become of a range, and whether the image then holds it as data. */
static const struct {
    const char *action, *reason;
    bool held;
    size_t sum; /* where in struct account */
} fates[] = {
    {"kept", "header", true, offsetof(struct account, kept)},
    {"kept", "table", true, offsetof(struct account, kept)},
    {"kept", "table-zeros", false, offsetof(struct account, kept)},
    {"rewritten", "header", true, offsetof(struct account, rewritten)},
    {"rewritten", "table", true, offsetof(struct account, rewritten)},
    {"dropped", "header-rest", false, offsetof(struct account, dropped)},
    {"dropped", "not-metadata", false, offsetof(struct account, dropped)},
    {"dropped", "table-left-out", false, offsetof(struct account, dropped)},
    {"dropped", "no-copy", false, offsetof(struct account, dropped)},
    {"unreadable", "read-error", false, offsetof(struct account, unreadable)},
};

#define FATES (sizeof(fates) / sizeof(fates[0]))

/* A place in the text of the ranges. */
struct scan {
    const char *at, *end;
};

static bool scan_char(struct scan *scan, char wanted)
{
    return scan->at < scan->end && *scan->at++ == wanted;
}

static bool scan_number(struct scan *scan, uint64_t *number)
{
    const char *start = scan->at;

    while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
        scan->at++;
    return tar_number(start, (size_t)(scan->at - start), number);
}

/* Scans "ACTION","REASON". */
static bool scan_fate(struct scan *scan, size_t *fate)
{
    for (*fate = 0; *fate < FATES; ++*fate) {
        char text[64];
        size_t length = (size_t)snprintf(text, sizeof(text), "\"%s\",\"%s\"", fates[*fate].action,
                                         fates[*fate].reason);

        if (length <= (size_t)(scan->end - scan->at) && !memcmp(scan->at, text, length)) {
            scan->at += length;
            return true;
        }
    }
    return false;
}

/* Scans [OFFSET,SIZE,"ACTION","REASON"] and enters it. */
static int take_range(struct account *account, struct scan *scan, struct failure *why)
{
    uint64_t offset, size, *sum;
    size_t fate;

    if (!scan_char(scan, '[') || !scan_number(scan, &offset) || !scan_char(scan, ',') ||
        !scan_number(scan, &size) || !scan_char(scan, ',') || !scan_fate(scan, &fate) ||
        !scan_char(scan, ']'))
        return failure_set(why, "range %" PRIu64 " is not one that pack writes", account->ranges);
    if (size == 0 || offset != account->end || !range_inside(offset, size, INT64_MAX))
        return failure_set(why,
                           "range %" PRIu64 ", at 0x%" PRIx64 ", does not follow at 0x%" PRIx64,
                           account->ranges, offset, account->end);
    sum = (uint64_t *)(void *)((char *)account + fates[fate].sum);
    *sum += size;
    account->end += size;
    account->ranges++;
    return fates[fate].held ? extents_add(&account->held, offset, size, why) : 0;
}

static int take_ranges(struct account *account, struct scan *scan, struct failure *why)
{
    while (scan->at < scan->end && *scan->at != ']') {
        if (account->ranges > 0 && !scan_char(scan, ','))
            return failure_set(why, "the ranges are damaged");
        if (take_range(account, scan, why))
            return -1;
    }
    if (!scan_char(scan, ']') || !scan_char(scan, '}') || scan->at != scan->end)
        return failure_set(why, "the ranges do not end as they must");
    return 0;
}

/* Text as the writer would have made it, and so without anything in between. */
static bool is_canonical(const json_t *object, const char *text, size_t size)
{
    char *again = json_dumps(object, JSON_COMPACT);
    bool same = again && strlen(again) == size && !memcmp(again, text, size);

    free(again);
    return same;
}

/* All before the ranges, which come last, is a small object of its own. */
static int take_head(struct account *account, const char *text, size_t size, struct failure *why)
{
    char *head = malloc(size + 1);
    json_error_t error;
    bool canonical;

    if (!head)
        return failure_set_errno(why, ENOMEM, "cannot read the manifest");
    memcpy(head, text, size);
    head[size] = '}';
    account->head = json_loadb(head, size + 1, JSON_REJECT_DUPLICATES, &error);
    canonical = account->head && is_canonical(account->head, head, size + 1);
    free(head);
    if (account->head && (!canonical || json_object_size(account->head) != 4))
        return failure_set(why, "not written as pack writes it");
    return account->head ? 0
                         : failure_set(why, "not JSON as pack writes it: %s", QUOTE(error.text));
}

static int check_totals(const struct account *account, struct failure *why)
{
    const char *schema = take_string(account->head, "schema", why);
    const json_t *totals = take_object(account->head, "totals", why);
    bool same = take_number(totals, "kept", why) == account->kept &&
                take_number(totals, "rewritten", why) == account->rewritten &&
                take_number(totals, "dropped", why) == account->dropped &&
                take_number(totals, "unreadable", why) == account->unreadable &&
                json_object_size(totals) == 4;

    if (schema && strcmp(schema, MANIFEST_SCHEMA) != 0)
        return failure_set(why, "schema: is not %s", MANIFEST_SCHEMA);
    if (!same && !why->text[0])
        return failure_set(why, "the totals are not the sums of the ranges");
    return why->text[0] ? -1 : 0;
}

int account_read(struct account *account, const char *text, size_t size, struct failure *why)
{
    static const char before[] = ",\"ranges\":[";
    const char *ranges = memmem(text, size, before, strlen(before));
    struct scan scan;

    *account = (struct account){0};
    if (!ranges)
        return failure_set(why, "no account of ranges");
    scan = (struct scan){ranges + strlen(before), text + size};
    if (take_head(account, text, (size_t)(ranges - text), why) || take_ranges(account, &scan, why))
        return -1;
    return check_totals(account, why);
}

void account_free(struct account *account)
{
    json_decref(account->head);
    extents_free(&account->held);
    *account = (struct account){0};
}
