/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/announce.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "qed-tool/hex.h"
#include "qed-tool/tool.h"

/* Writes that are listed when they are made; a dry run lists all. */
#define MOST_LISTED 16

static void print_writes(FILE *out, const struct plan *plan, bool all)
{
    char old[2 * PLAN_MOST_BYTES + 1], new[2 * PLAN_MOST_BYTES + 1];

    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_write *write = &plan->writes[i];

        if (!all && i == MOST_LISTED) {
            fprintf(out, "  ... and %zu more; --dry-run shows all\n", plan->count - i);
            return;
        }
        hex_encode(write->before, write->size, old);
        hex_encode(write->after, write->size, new);
        fprintf(out, "  at 0x%" PRIx64 ": %s -> %s\n", write->offset, old, new);
    }
}

static void print_check(const char *when, const struct audit *audit)
{
    const struct qemu_check *check = &audit->qemu;

    if (!check->opens)
        printf("qemu-img check %s cannot open it, %s; true figures: %" PRIu64
               " corruptions, %" PRIu64 " leaks\n",
               when, check->error, audit->corruptions, audit->leaks);
    else
        printf("qemu-img check %s %" PRId32 " corruptions, %" PRId32 " leaks, exit status %d\n",
               when, check->corruptions, check->leaks, check->exit_status);
}

void announce(const struct options *options, const struct proposal *proposal)
{
    const struct plan *plan = &proposal->plan;

    if (proposal->request->draws)
        printf("seed: %" PRIu64 "\n", proposal->request->seed);
    for (size_t i = 0; i < plan->note_count; i++)
        printf("%s\n", plan->notes[i]);
    if (plan->count == 0) {
        printf("nothing to do: every byte is as it should be\n");
        return;
    }
    printf("%zu write%s:\n", plan->count, plan->count == 1 ? "" : "s");
    print_writes(stdout, plan, options->dry_run);
    print_check("before:", proposal->before);
    print_check("after: ", proposal->after);
    fflush(stdout);
}

void announce_outcome(const struct options *options, const struct proposal *proposal)
{
    if (proposal->plan.count == 0)
        return;
    if (options->dry_run)
        printf("dry run: nothing was written\n");
    else if (options->save_undo)
        printf("done: written, synced, read back; to undo it: qed-tool %s undo %s\n",
               QUOTE(options->image), QUOTE(options->save_undo));
    else
        printf("done: written, synced, read back; no undo file was saved (--save-undo)\n");
}

static json_t *encode_check(const struct audit *audit)
{
    const struct qemu_check *check = &audit->qemu;
    json_t *qemu =
        json_pack("{s:b, s:i, s:i, s:i}", "opens", check->opens, "corruptions", check->corruptions,
                  "leaks", check->leaks, "exit-status", check->exit_status);

    return json_pack("{s:s, s:I, s:I, s:o}", "verdict", verdict_name(audit->verdict), "corruptions",
                     (json_int_t)audit->corruptions, "leaks", (json_int_t)audit->leaks, "qemu-img",
                     qemu);
}

static json_t *encode_writes(const struct plan *plan)
{
    json_t *writes = json_array();
    char old[2 * PLAN_MOST_BYTES + 1], new[2 * PLAN_MOST_BYTES + 1];

    for (size_t i = 0; i < plan->count; i++) {
        hex_encode(plan->writes[i].before, plan->writes[i].size, old);
        hex_encode(plan->writes[i].after, plan->writes[i].size, new);
        json_array_append_new(writes, json_pack("{s:I, s:s, s:s}", "offset",
                                                (json_int_t)plan->writes[i].offset, "old", old,
                                                "new", new));
    }
    return writes;
}

static json_t *encode_notes(const struct plan *plan)
{
    json_t *notes = json_array();

    for (size_t i = 0; i < plan->note_count; i++)
        json_array_append_new(notes, json_string(plan->notes[i]));
    return notes;
}

int announce_json(const struct options *options, const struct proposal *proposal,
                  struct failure *why)
{
    const struct plan *plan = &proposal->plan;
    const struct audit *after = proposal->after ? proposal->after : proposal->before;
    json_t *root = json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "command", options->command->name,
                             "written", plan->count > 0 && !options->dry_run, "notes",
                             encode_notes(plan), "writes", encode_writes(plan), "before",
                             encode_check(proposal->before), "after", encode_check(after));

    if (root && proposal->request->draws)
        json_object_set_new(root, "seed", json_integer((json_int_t)proposal->request->seed));
    return print_json(root, why);
}

void announce_failure(const struct options *options, const struct proposal *proposal,
                      enum edit_outcome outcome, struct failure *why)
{
    static const char *const texts[] = {
        [EDIT_UNTOUCHED] = "nothing was written",
        [EDIT_DONE] = "the writes themselves are done",
        [EDIT_RESTORED] = "the old bytes were put back, the image is as it was",
        [EDIT_TORN] = "the old bytes could not all be put back: the image is changed in part",
    };
    size_t used = strlen(why->text);

    snprintf(why->text + used, sizeof(why->text) - used, "; %s", texts[outcome]);
    if (outcome != EDIT_TORN)
        return;
    fprintf(stderr, "What was to be written, old bytes and new ones:\n");
    print_writes(stderr, &proposal->plan, true);
    if (options->save_undo)
        fprintf(stderr, "To undo it: qed-tool %s undo %s\n", QUOTE(options->image),
                QUOTE(options->save_undo));
}
