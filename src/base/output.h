/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/failure.h"

/*
 * A file that exists complete or not at all. It is written without a name (or, where the file
 * system knows no such files, under a temporary one in the same directory) and gets its name when
 * it is committed. Nothing is replaced unless asked for, and an input never.
 */
struct output;

struct output_options {
    bool replace;              /* a regular file of that name may be replaced */
    const struct stat *inputs; /* files that must not be, not even then */
    size_t input_count;
    bool never_replace; /* there is no option for that, and messages name none */
};

/*
 * Begins an output that is to be called path. Refuses, before anything is written, what
 * output_commit() would refuse, and anything that is not a regular file. The options must live as
 * long as the output.
 */
int output_open(struct output **output, const char *path, const struct output_options *options,
                struct failure *why);

/* Refuses a file at path that nothing can be written to: all but regular ones. */
int output_check_kind(const char *path, const struct stat *stat, struct failure *why);

/*
 * Begins an output to standard output. A terminal is refused, and an input that a shell opened
 * there. What is written goes out at once, or, if it is to be held, is kept in memory until it is
 * committed.
 */
int output_open_stdout(struct output **output, const struct output_options *options, bool hold,
                       struct failure *why);

/* Appends; short writes and interruptions are made good. */
int output_write(struct output *output, const void *bytes, size_t size, struct failure *why);

/* Writes at an offset, for sparse files; the position of output_write() does not move. */
int output_write_at(struct output *output, uint64_t offset, const void *bytes, size_t size,
                    struct failure *why);

/*
 * How many bytes of data the file system has room for, as far as it tells: quotas and reserves can
 * make it less. UINT64_MAX where it does not say.
 */
uint64_t output_room(const struct output *output);

/* Sets the length in bytes; what was not written is hole. */
int output_set_size(struct output *output, uint64_t size, struct failure *why);

/*
 * Opens what was written so far for reading, from its start: the file itself, not what is in
 * memory of it. Returns the descriptor, which the caller closes, or -1. Not for what went out to
 * standard output.
 */
int output_reopen(struct output *output, struct failure *why);

/* Makes the file durable, gives it its name, and frees the output, also if that fails. */
int output_commit(struct output *output, struct failure *why);

/* Removes all traces and frees the output; NULL is allowed. */
void output_discard(struct output *output);

#endif
