/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_RENDER_MAPS_H
#define BUGREPORT_RENDER_MAPS_H

#include <stdio.h>

#include "bugreport/render/style.h"
#include "qed/atlas.h"

/*
 * Maps of guest's disk and file for a terminal, a character for a cell, each with its legend. Rows
 * begin with where they begin, and are as long as the width allows: a power of two, so that rows
 * begin at even places.
 */
void render_maps(FILE *out, const struct atlas *atlas, const struct text_style *style);

#endif
