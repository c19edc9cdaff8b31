/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_ESCAPE_H
#define BUGREPORT_RENDER_ESCAPE_H

#include <stdio.h>

/*
 * Untrusted text in the formats of reports. All of it is first made safe for a terminal as quote.h
 * says, at any length, so that no format ever holds a control character; then the format's own
 * rules are applied. Both steps can be undone.
 */

/* Writes a byte by a format's rules. */
typedef void escape_put(FILE *out, char byte);

/* Writes text that ends in a NUL. */
void escape_text(FILE *out, const char *text, escape_put *put);

/* As it is: for people. */
void escape_put_plain(FILE *out, char byte);

/* For XML and HTML, inside of elements and of attributes in double quotes. */
void escape_put_xml(FILE *out, char byte);

/* For a value in double quotes in OpenMetrics. */
void escape_put_label(FILE *out, char byte);

/* For Markdown, inside of <code> too: what could mean something becomes a character reference. */
void escape_put_markdown(FILE *out, char byte);

/* For the message, and for a property, of a GitHub workflow command. */
void escape_put_message(FILE *out, char byte);
void escape_put_property(FILE *out, char byte);

/*
 * A field of a CSV file in double quotes. What a spreadsheet would take for a formula gets an
 * apostrophe in front, and so does what begins with one: the first apostrophe of a field is never
 * its own.
 */
void escape_csv(FILE *out, const char *text);

#endif
