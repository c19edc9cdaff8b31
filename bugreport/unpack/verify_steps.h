/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_VERIFY_STEPS_H
#define BUGREPORT_UNPACK_VERIFY_STEPS_H

#include "bugreport/unpack/account.h"
#include "bugreport/unpack/verify.h"
#include "qed/audit_feed.h"

/* Between verify.c and the files that have its steps. */

struct verify_job {
    struct verification *verification;
    struct account account;  /* the manifest */
    struct audit_feed *feed; /* NULL: the step "figures" is not to come */
    struct audit audit;      /* of the image in the bundle */
    struct audit original_audit;
    int fd;
    unsigned jobs;           /* threads to inflate with */
    struct source *original; /* NULL: none */
    struct meter *meter;     /* of the audits; NULL: none */
    char *text;              /* of the check under way: what was seen */
};

/* Each step fills in the text, or fails. */
int verify_digests(struct verify_job *job, struct failure *why);
int verify_account(struct verify_job *job, struct failure *why);
int verify_grammar(struct verify_job *job, struct failure *why);
int verify_figures(struct verify_job *job, struct failure *why);
int verify_reports(struct verify_job *job, struct failure *why);
int verify_original(struct verify_job *job, struct failure *why);
int verify_verdict(struct verify_job *job, struct failure *why);

__attribute__((format(printf, 2, 3))) void verify_say(struct verify_job *job, const char *format,
                                                      ...);

#endif
