/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_HTML_WRITE_H
#define BUGREPORT_HTML_WRITE_H

#include <stdint.h>
#include <stdio.h>

/* What all parts of a page are written with. Attributes never hold anything but our own words. */

/* Text of any bytes: quoted as for a terminal, then with the five characters escaped. */
void html_name(FILE *out, const char *name);

/* Our own or qemu's words, with the five characters escaped. */
void html_text(FILE *out, const char *text);

/* A count with commas, "1,234,567". */
#define HTML_COUNT_SIZE 32
const char *html_count_into(char buffer[HTML_COUNT_SIZE], uint64_t count);
#define HTML_COUNT(count) html_count_into((char[HTML_COUNT_SIZE]){0}, count)

/* Bytes in few digits, "1.25 MiB"; exact where that takes no more than five. */
#define HTML_SIZE_SIZE 32
const char *html_size_into(char buffer[HTML_SIZE_SIZE], uint64_t bytes);
#define HTML_SIZE(bytes) html_size_into((char[HTML_SIZE_SIZE]){0}, bytes)

/* The cells of a row of a table: "<td>1,234</td>", "<td>64 KiB</td>", "<td>0x10000</td>". */
void html_td_count(FILE *out, uint64_t count);
void html_td_size(FILE *out, uint64_t bytes);
void html_td_hex(FILE *out, uint64_t value);

#endif
