/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_COMMANDS_H
#define QEDSCRUB_COMMANDS_H

#include "qedscrub/options.h"

/* Each command returns the exit status, and has said on standard error what went wrong. */
int cmd_pack(const struct options *options);
int cmd_info(const struct options *options);
int cmd_audit(const struct options *options);
int cmd_merge(const struct options *options);
int cmd_restore(const struct options *options);
int cmd_diff(const struct options *options);
int cmd_verify(const struct options *options);

/* Says on standard error, in one line, why something failed. */
void complain(const struct failure *why);

#endif
