/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QEDSCRUB_STATUS_H
#define QEDSCRUB_STATUS_H

/* Exit statuses: qemu-img check's, and one for limits. */
enum {
    STATUS_OK = 0,
    STATUS_FAILED = 1,
    STATUS_CORRUPT = 2,
    STATUS_LEAKS = 3,
    STATUS_LIMIT = 4, /* consistent, but over a limit that was given */
    STATUS_NOT_QED = 63,
    STATUS_SIGNAL = 128 /* and the number of the signal that put an end to it */,

    STATUS_DIFF_TROUBLE = 2 /* of diff, which is as diff(1): 0 same, 1 different */
};

/*
 * The worse of two exit statuses, for runs over many images. Their numbers are in no order of
 * gravity: corrupt is worst, then failed, leaks, limits, not an image.
 */
int status_worse(int a, int b);

#endif
