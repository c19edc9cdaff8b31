/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_PROOF_H
#define QEDSCRUB_PROOF_H

#include "base/output.h"
#include "qedscrub/options.h"

/*
 * Verifies a bundle that was written to an output and is not published yet, in a child of its own
 * that has nothing but the file as it is on the disk. name is the bundle's. STATUS_OK if it is
 * proved, else STATUS_FAILED with *why saying that and why it must not be published.
 */
int proof_run(struct output *output, const char *name, const struct options *options,
              struct failure *why);

#endif
