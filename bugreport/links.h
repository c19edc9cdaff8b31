/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BUGREPORT_LINKS_H
#define BUGREPORT_LINKS_H

#include "bugreport/fleet.h"

/*
 * How the images of a sorted fleet belong together, told from their records alone: nothing that an
 * image names is ever opened.
 */

/*
 * Sets first_link of each entry. Paths are one file if device, inode, size and time are the same
 * and the file has more than one name.
 */
int links_resolve(struct fleet *fleet, struct failure *why);

/*
 * Sets the chain of each entry, once first_link is set. A backing file is found if its name, seen
 * from the folder of the image, is the path of an entry.
 */
int chains_resolve(struct fleet *fleet, struct failure *why);

#endif
