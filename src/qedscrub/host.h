/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_HOST_H
#define QEDSCRUB_HOST_H

#include "bugreport/environment.h"

/*
 * Takes down what the host is, for who wants to tell: kernel, architecture and distribution, never
 * its name. What cannot be found out stays untold.
 */
int host_describe(struct environment *environment, struct failure *why);

#endif
