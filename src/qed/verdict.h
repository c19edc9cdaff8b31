/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_VERDICT_H
#define QED_VERDICT_H

/* What the image is, by its true figures. The dirty flag is beside it, not in it. */
enum verdict {
    VERDICT_CONSISTENT,
    VERDICT_LEAKS,
    VERDICT_CORRUPT,
    VERDICT_UNSUPPORTED,
    VERDICT_UNREADABLE, /* parts of the tables cannot be read; nothing is wrong with the others */
    VERDICTS
};

const char *verdict_name(enum verdict verdict);

/* Status with which a program ends on a verdict: qemu-img check's numbers, 1 for unreadable. */
int verdict_exit_status(enum verdict verdict);

#endif
