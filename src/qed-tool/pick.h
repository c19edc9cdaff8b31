/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef QED_TOOL_PICK_H
#define QED_TOOL_PICK_H

#include "qed-tool/dice.h"
#include "qed/audit.h"

/*
 * Finding elements of an audited image's tables: those that qemu's walk reads, and that lie in the
 * file with all their bytes.
 */
struct element {
    enum table_level level;
    uint64_t l1_index, l2_index; /* of an L1 element l2_index is 0 */
    uint64_t table_offset;
    uint64_t offset; /* of the element itself, in bytes of the file */
    uint64_t value;
    enum element_class class;
};

/* Which elements are wanted. */
struct pick_filter {
    enum table_level level;
    unsigned classes;  /* bits 1 << enum element_class */
    bool inside_image; /* none past image_size */
};

/* Draws one of all the elements that pass the filter, each as likely: 1, or 0 if there is none. */
int pick_element(struct source *source, const struct audit *audit, const struct pick_filter *filter,
                 struct dice *dice, struct element *element, struct failure *why);

/* The element at these indices; -1 with the reason where there is none that qemu reads. */
int pick_at(struct source *source, const struct audit *audit, enum table_level level,
            uint64_t l1_index, uint64_t l2_index, struct element *element, struct failure *why);

/* The table at offset that the walk read, NULL if it read none there. */
const struct table_ref *pick_table(const struct audit *audit, enum table_level level,
                                   uint64_t offset);

/* Room for pick_name() and pick_value(). */
#define PICK_TEXT_SIZE 64

/* "L1 element 3", "L2 element 3:17". */
const char *pick_name(const struct element *element, char text[PICK_TEXT_SIZE]);

/* A value and its class, as in "0x50000 (valid)". */
const char *pick_value(const struct audit *audit, enum table_level level, uint64_t value,
                       char text[PICK_TEXT_SIZE]);

/* Word for a class of elements. */
const char *pick_class_name(enum table_level level, enum element_class class);

#endif
