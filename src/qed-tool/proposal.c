/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qed-tool/proposal.h"

#include <errno.h>
#include <stdlib.h>

#include "qed-tool/overlay.h"

/* How often something is drawn at random before we believe that nothing will do. */
#define MOST_DRAWS 64

int proposal_gate(const struct audit *audit, struct failure *why)
{
    if (audit_can_copy(audit))
        return 0;
    for (int i = 0; i < HEADER_FAULTS; i++) {
        enum header_fault fault = (enum header_fault)i;

        if (header_has(audit->header_faults, fault) &&
            (header_fault_breaks(fault) || fault == HEADER_UNKNOWN_FEATURES))
            return failure_set(why, "the header is not sound: %s",
                               finding_row((enum finding_kind)i)->text);
    }
    return failure_set(why, "the header does not lead to an L1 table");
}

static int audit_new(struct audit **audit, struct source *source, struct failure *why)
{
    struct audit_options options = {.keep = 0};

    *audit = calloc(1, sizeof(**audit));
    if (!*audit)
        return failure_set_errno(why, ENOMEM, "cannot audit the image");
    return audit_run(*audit, source, &options, why);
}

static void audit_delete(struct audit *audit)
{
    if (audit)
        audit_free(audit);
    free(audit);
}

static int audit_after(struct proposal *proposal, struct source *source, struct failure *why)
{
    struct overlay overlay;
    int result = overlay_init(&overlay, source, &proposal->plan, why);

    if (!result)
        result = audit_new(&proposal->after, &overlay.source, why);
    overlay_free(&overlay);
    return result;
}

/* Where qemu does not open the image there is only the true count to go by. */
static bool is_worse(const struct audit *before, const struct audit *after)
{
    return after->corruptions > before->corruptions &&
           (!after->qemu.opens || after->qemu.corruptions > before->qemu.corruptions);
}

/* One draw: 0 done, 1 no good, -1 refused. */
static int propose(struct proposal *proposal, struct source *source, planner *plan,
                   struct request *request, bool must_corrupt, struct failure *why)
{
    int result = plan(&proposal->plan, source, proposal->before, request, why);

    if (result)
        return result;
    if (plan_finish(&proposal->plan, why))
        return -1;
    if (proposal->plan.count == 0)
        return 0;
    if (audit_after(proposal, source, why))
        return -1;
    return must_corrupt && !is_worse(proposal->before, proposal->after);
}

int proposal_make(struct proposal *proposal, struct source *source, planner *plan,
                  struct request *request, bool must_corrupt, struct failure *why)
{
    *proposal = (struct proposal){.request = request};
    if (audit_new(&proposal->before, source, why) || proposal_gate(proposal->before, why))
        return -1;
    if (proposal->before->check_errors)
        return failure_set(why, "parts of its tables cannot be read");
    for (int draw = 0; draw < MOST_DRAWS; draw++) {
        int result = propose(proposal, source, plan, request, must_corrupt, why);

        if (result <= 0)
            return result;
        plan_free(&proposal->plan);
        audit_delete(proposal->after);
        proposal->after = NULL;
    }
    return failure_set(why,
                       "%d attempts found nothing after which qemu-img check counts more "
                       "corruptions; choose another element with --at",
                       MOST_DRAWS);
}

void proposal_free(struct proposal *proposal)
{
    plan_free(&proposal->plan);
    audit_delete(proposal->before);
    audit_delete(proposal->after);
}
