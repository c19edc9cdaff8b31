/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

/*
 * Why an operation could not be completed: the one error object of the project.
 *
 * It is filled where the failure happens, handed up by pointer as the last parameter, and printed
 * once, by a program's main. Damage found in an image is never a failure: it is a finding.
 *
 * Convention everywhere: 0 (or a count) is success, -1 is failure with the object filled.
 */
struct failure {
    int error;       /* errno of the cause, 0 where there is none */
    char text[1024]; /* one line: what, where, what to do; empty while nothing failed */
};

/*
 * Records a failure and returns -1, so that callers can write `return failure_set(...)`. The first
 * failure is kept: what goes wrong while cleaning up does not hide what went wrong first.
 */
int failure_set(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with an errno value, whose description is appended after a colon. */
int failure_set_errno(struct failure *why, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts a name, quoted, and a colon before the text: for who knows what a failure below was about.
 */
void failure_prefix(struct failure *why, const char *name);

/* Makes the object ready for the next operation. */
void failure_clear(struct failure *why);

#endif
