/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qedscrub/proof.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/quote.h"
#include "bugreport/unpack/verify.h"
#include "qedscrub/progress.h"
#include "qedscrub/status.h"
#include "qedscrub/worker.h"

struct proof {
    const char *name;
    int fd;
    unsigned jobs;
    struct meter *meter;
};

static int prove(void *context, FILE *out, struct failure *why)
{
    const struct proof *proof = context;
    struct verification *verification = calloc(1, sizeof(*verification));
    int status = STATUS_FAILED;

    (void)out;
    if (!verification) {
        failure_set_errno(why, ENOMEM, "%s: cannot be verified", QUOTE(proof->name));
        return STATUS_FAILED;
    }
    verify_run(verification, proof->fd, proof->jobs, NULL, proof->meter);
    if (verification->proved) {
        status = STATUS_OK;
    } else {
        const struct verify_check *check = &verification->checks[verification->count - 1];

        failure_set(why,
                    "%s: not written, since what was packed could not be verified (%s: %s); please "
                    "report this, it is a defect of qedscrub or of this machine",
                    QUOTE(proof->name), check->name, check->text);
    }
    verify_free(verification);
    free(verification);
    return status;
}

int proof_run(struct output *output, const char *name, const struct options *options,
              struct failure *why)
{
    struct proof proof = {name, output_reopen(output, why), options->jobs,
                          progress_meter(options->progress)};
    char *text = NULL;
    int status = STATUS_FAILED;

    if (proof.fd < 0)
        return STATUS_FAILED;
    progress_watch(options->progress, "verifying", proof.fd);
    status = worker_run(prove, &proof, name, options, &text, why);
    progress_watch(options->progress, NULL, 0);
    free(text);
    close(proof.fd);
    return status;
}
