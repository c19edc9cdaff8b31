/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_STYLE_H
#define BUGREPORT_RENDER_STYLE_H

#include <stdbool.h>

/* What text for people may use. All false and 0: plain text without end of the line, as in files.
 */
struct text_style {
    bool colour;    /* escape sequences for colour */
    bool utf8;      /* characters beyond ASCII */
    bool maps;      /* room and wish for maps */
    unsigned width; /* columns */
};

/* The tones of text. */
enum text_tone { TONE_HEADING, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_END };

/* What begins a tone, or ends them all; an empty text where there are no colours. */
const char *style_tone(const struct text_style *style, enum text_tone tone);

#endif
