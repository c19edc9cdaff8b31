/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_ACCOUNT_H
#define BUGREPORT_UNPACK_ACCOUNT_H

#include <jansson.h>

#include "qed/extents.h"

/* The account that a bundle gives of itself: manifest.json, read and added up. */
struct account {
    json_t *head;        /* the object without its ranges: there can be millions of those */
    struct extents held; /* the ranges that the metadata image is to hold as data */
    uint64_t ranges;     /* how many there are */
    uint64_t kept, rewritten, dropped, unreadable; /* their sums, in bytes */
    uint64_t end; /* of the last one: the length of the source, since they leave nothing out */
};

/*
 * Reads a manifest of size bytes, with a NUL behind. Fails unless it has the form that pack writes,
 * its ranges follow one another from 0 on, and their sums are its totals. account_free() is due
 * either way.
 */
int account_read(struct account *account, const char *text, size_t size, struct failure *why);

void account_free(struct account *account);

#endif
