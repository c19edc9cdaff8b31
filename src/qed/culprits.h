/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_CULPRITS_H
#define QED_CULPRITS_H

#include "qed/audit.h"

/*
 * Names the first claimant of each cluster of which a listed finding says that it was claimed
 * before. The walk itself only keeps a bit per cluster, so a second one looks for those few.
 */
int culprits_name(struct audit *audit, struct source *source, struct failure *why);

#endif
