/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

static int make_room(struct plan *plan, struct failure *why)
{
    size_t capacity = plan->capacity ? 2 * plan->capacity : 16;
    struct plan_write *writes;

    if (plan->count < plan->capacity)
        return 0;
    if (plan->count >= PLAN_MOST_WRITES)
        return failure_set(why, "more than %zu elements at once; do it in parts", PLAN_MOST_WRITES);
    writes = reallocarray(plan->writes, capacity, sizeof(*writes));
    if (!writes)
        return failure_set_errno(why, ENOMEM, "cannot plan %zu writes", capacity);
    plan->writes = writes;
    plan->capacity = capacity;
    return 0;
}

int plan_add(struct plan *plan, uint64_t offset, const void *before, const void *after, size_t size,
             struct failure *why)
{
    struct plan_write *write;

    if (make_room(plan, why))
        return -1;
    write = &plan->writes[plan->count++];
    *write = (struct plan_write){.offset = offset, .size = size};
    memcpy(write->before, before, size);
    memcpy(write->after, after, size);
    return 0;
}

int plan_add_element(struct plan *plan, uint64_t offset, uint64_t before, uint64_t after,
                     struct failure *why)
{
    unsigned char from[8], to[8];

    bytes_store64(from, before);
    bytes_store64(to, after);
    return plan_add(plan, offset, from, to, sizeof(from), why);
}

int plan_note(struct plan *plan, struct failure *why, const char *format, ...)
{
    char **notes = reallocarray(plan->notes, plan->note_count + 1, sizeof(*notes));
    va_list args;
    int length;

    if (!notes)
        return failure_set_errno(why, ENOMEM, "cannot plan");
    plan->notes = notes;
    va_start(args, format);
    length = vasprintf(&notes[plan->note_count], format, args);
    va_end(args);
    if (length < 0)
        return failure_set_errno(why, ENOMEM, "cannot plan");
    plan->note_count++;
    return 0;
}

static int compare_writes(const void *left, const void *right)
{
    const struct plan_write *a = left, *b = right;

    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

int plan_finish(struct plan *plan, struct failure *why)
{
    size_t kept = 0;

    if (plan->count == 0)
        return 0;
    qsort(plan->writes, plan->count, sizeof(*plan->writes), compare_writes);
    for (size_t i = 1; i < plan->count; i++) {
        const struct plan_write *last = &plan->writes[kept], *next = &plan->writes[i];

        if (next->offset - last->offset >= last->size)
            plan->writes[++kept] = *next;
        else if (memcmp(last, next, sizeof(*next)) != 0)
            return failure_set(why, "two different writes meet at offset 0x%" PRIx64, next->offset);
    }
    plan->count = kept + 1;
    return 0;
}

size_t plan_find(const struct plan *plan, uint64_t offset)
{
    size_t low = 0, high = plan->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct plan_write *write = &plan->writes[middle];

        if (write->offset + write->size > offset)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->note_count; i++)
        free(plan->notes[i]);
    free(plan->notes);
    free(plan->writes);
    *plan = (struct plan){0};
}
