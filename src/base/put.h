/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_PUT_H
#define BASE_PUT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Writes all bytes to a descriptor, however many calls that takes, where it stands or at an offset.
 * Returns how many were written: fewer than size where it failed, with errno set.
 */
size_t put_bytes(int fd, const void *bytes, size_t size);
size_t put_bytes_at(int fd, uint64_t offset, const void *bytes, size_t size);

#endif
