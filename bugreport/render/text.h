/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_TEXT_H
#define BUGREPORT_RENDER_TEXT_H

#include "bugreport/record.h"
#include "bugreport/render/style.h"

/*
 * The record for people. The first line is the one that qemu-img check would end with, so that a
 * reader can tie the report to it. The caller frees the text. NULL: out of memory.
 */
char *render_text(const struct record *record, struct failure *why);

/* The same for a terminal: with colours, and with maps where the record has an atlas. */
char *render_text_styled(const struct record *record, const struct text_style *style,
                         struct failure *why);

/* The tone of a record's verdict. */
enum text_tone text_tone_of(const struct record *record);

/* Long enough for any size, e.g. "1.5 GiB (1610612736 bytes)". */
#define TEXT_SIZE_SIZE 64

/* A number of bytes, rounded: "64 KiB". */
const char *text_short_size(char buffer[TEXT_SIZE_SIZE], uint64_t bytes);

/* A number of bytes as qemu-img writes it: "512 B (512 bytes)", "64 KiB (65536 bytes)". */
const char *text_size(char buffer[TEXT_SIZE_SIZE], uint64_t bytes);

/* A figure of the record for people: "1 GiB (1073741824 bytes)", "12", "0.50", "yes". */
const char *text_field(char buffer[TEXT_SIZE_SIZE], const struct record *record,
                       const struct record_field *field);

#endif
