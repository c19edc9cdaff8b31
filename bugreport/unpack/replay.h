/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_UNPACK_REPLAY_H
#define BUGREPORT_UNPACK_REPLAY_H

#include "bugreport/unpack/gunzip.h"

/*
 * A gzip file that was inflated once, read again from any place: the piece in question is inflated
 * anew. So what is inside need not be kept, however large it is. A piece that has changed since is
 * noticed.
 */
struct replay;

/*
 * fd stays the caller's, and must stay open; the file begins at its offset begin. The index is
 * taken over, also if this fails. Memory is used for `hands` pieces, 0.5 MiB each, at least one; as
 * many threads can be served at a time.
 */
int replay_open(struct replay **replay, int fd, uint64_t begin, struct gunzip_index *index,
                unsigned hands, struct failure *why);

/* Copies size plain bytes from offset on, which must be there. Several threads may call it. */
int replay_read(struct replay *replay, uint64_t offset, void *bytes, size_t size,
                struct failure *why);

void replay_close(struct replay *replay);

#endif
